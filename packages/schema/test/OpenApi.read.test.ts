import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as OpenApi from "../src/OpenApi.js"

const MiB = 1024 * 1024

const problems = (files: string | ReadonlyArray<OpenApi.File>): ReadonlyArray<OpenApi.Problem> => {
  const exported = OpenApi.read(files)
  return Either.isLeft(exported) ? exported.left.problems : []
}

const told = (text: string, name = "export.yaml"): string => {
  const [first] = problems([{ name, text }])
  return `${first?.line ?? "-"} ${first?.problem}`
}

const ping = `openapi: 3.0.1
info: { title: "", version: "1" }
paths:
  /ping:
    post:
      summary: Ping
      responses: {}
`

describe("reading", () => {
  it("takes JSON, YAML, Markdown pages, a byte order mark and Windows line ends", () => {
    const json = JSON.stringify({ openapi: "3.1.0", paths: {} })
    const page = `# 4.02\n\nWords, \`\`\`inline\`\`\`.\n\n~~~~yaml\n${ping}~~~~\n\nMore words.\n`
    for (const [name, text, version] of [
      ["a.json", json, "3.1"],
      ["a.json", `\uFEFF${json}`, "3.1"],
      ["a.yaml", ping, "3.0"],
      ["a", ping.replaceAll("\n", "\r\n"), "3.0"],
      ["a.yaml", ping.replace("3.0.1", "3.0"), "3.0"],
      ["a.yaml", ping.replace("3.0.1", "3.1"), "3.1"],
      ["a.md", page, "3.0"],
      ["a", page, "3.0"],
      ["a.md", `\`\`\`json\n${json}\n\`\`\`\n`, "3.1"]
    ] as const) {
      const exported = Either.getOrThrow(OpenApi.read([{ name, text }]))
      assert.deepStrictEqual(
        exported.documents.map((document) => document.version),
        [version]
      )
    }
  })

  it("says what else a file is", () => {
    assert.include(told('{"swagger":"2.0"}', "a.json"), "Swagger 2.0; export it as OpenAPI 3.0 or 3.1")
    assert.include(told('{"apifoxProject":"1.0.0"}', "a.json"), "project of Apifox in its own format")
    assert.include(told('{"asyncapi":"3.0.0"}', "a.json"), "AsyncAPI")
    assert.include(told('{"info":{},"item":[]}', "a.json"), "Postman collection")
    assert.include(told("<!doctype html><p>", "a.html"), "web page")
    assert.include(told("[]", "a.json"), "it holds no object")
    assert.include(told("just words", "a.txt"), "it holds no object")
    assert.include(told('{"name":"x"}', "a.json"), "there is no `openapi` version in it")
    assert.include(told("openapi: 4.0.0\npaths: {}\n"), "it says OpenAPI 4.0.0; 3.0 and 3.1 are read")
    assert.include(told("openapi: [3]\n"), "3.0 and 3.1 are read")
    assert.include(told(" \n"), "it is empty")
    assert.include(told("# A page\n", "a.md"), "a page without an OpenAPI block")
    assert.deepStrictEqual(
      problems([]).map(({ problem }) => problem),
      ["no file was given"]
    )
  })

  it("names the line of broken JSON and YAML, in pages too, and quotes nothing", () => {
    const secret = "hunter2"
    assert.match(told(`{\n"openapi": "3.0.0",\n"x": ${secret}\n}`, "a.json"), /^3 it is broken JSON$/)
    assert.match(told(`{"openapi": "3.0.0"`, "a.json"), /^1 it is broken JSON$/)
    assert.match(told(`openapi: 3.0.0\na: [1\nb: ${secret}: x\n`), /^3 it is broken YAML: /)
    assert.match(
      told(`openapi: 3.0.0\na: 1\nb: 2\na: ${secret}\n`),
      /^4 it is broken YAML: a key stands twice/
    )
    assert.match(told(`openapi: 3.0.0\n---\nopenapi: 3.0.0\n`), /^2 .*a second document/)
    assert.match(told(`openapi: 3.0.0\na: *${secret}\n`), /^- it is broken YAML: an alias names an anchor/)
    assert.match(
      told(`# Page\n\n\`\`\`yaml\nopenapi: 3.0.0\na: "${secret}\n\`\`\`\n`, "a.md"),
      /^[56] it is broken YAML/
    )
    assert.match(told(`# Page\n\n\`\`\`yaml\n${ping}`, "a.md"), /^4 its OpenAPI block is not closed/)
    assert.match(
      told(`\`\`\`yaml\n${ping}\`\`\`\n\n\`\`\`yaml\n${ping}\`\`\`\n`, "a.md"),
      /^12 it holds 2 OpenAPI blocks/
    )
    for (const text of [`{"a": ${secret}`, `a: [${secret}`, `a: !!x/y {${secret}`, `? [${secret}]\n: 1\n`]) {
      for (const name of ["a.json", "a.yaml"]) {
        assert.notInclude(JSON.stringify(problems([{ name, text }])), secret)
      }
    }
  })

  it("bounds anchors, nesting, size and the number of files", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for (let at = 1; at < 10; at++) {
      const [from, to] = [String.fromCharCode(96 + at), String.fromCharCode(97 + at)]
      bomb.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(", ")}]`)
    }
    assert.include(told(`openapi: 3.0.0\n${bomb.join("\n")}\n`), "repeats anchors more than 1000 times")
    assert.include(told(`openapi: 3.0.0\na: ${"[".repeat(50_000)}`), "nested too deep")
    assert.include(told(`{"openapi":"3.0.0","a":${"[".repeat(200_000)}`, "a.json"), "it is broken JSON")
    assert.include(told(`openapi: 3.0.0\n#${"x".repeat(4 * MiB)}\n`), "more than 4 MiB of YAML")
    assert.include(told(`{"a":"${"é".repeat(5 * MiB)}"}`, "a.json"), "more than 10 MiB")
    assert.include(told(`{"a":"${"x".repeat(10 * MiB)}"}`, "a.json"), "more than 10 MiB")
    const many = Array.from({ length: 2001 }, (_, at) => ({ name: `${at}.md`, text: ping }))
    assert.include(problems(many)[0]?.problem ?? "", "there are 2001 files, and 2000 at most are read")
  })

  it("takes an anchor that holds itself without going round for ever", () => {
    const text = "openapi: 3.0.0\npaths: &p\n  /a:\n    post: { summary: x, loop: *p }\n"
    const exported = Either.getOrThrow(OpenApi.read(text))
    assert.deepStrictEqual(
      OpenApi.compare(exported).lacking.map(({ path }) => path),
      ["/a"]
    )
  })

  it("tells everything that is wrong with several files at once, and passes over what nobody named", () => {
    const found = problems([
      { name: "a.yaml", text: ping },
      { name: "b.json", text: "{" },
      { name: "c.json", text: "[]" },
      { name: "d.json", text: "[]", isFound: true },
      { name: "a.yaml", text: ping }
    ])
    assert.deepStrictEqual(
      found.map(({ file }) => file),
      ["a.yaml", "b.json", "c.json"]
    )
    const exported = Either.getOrThrow(
      OpenApi.read([
        { name: "1.1.md", text: "# 1.1 Protocol Specification\n" },
        { name: "a.yaml", text: ping },
        { name: "package.json", text: "{}", isFound: true }
      ])
    )
    assert.deepStrictEqual(
      exported.passedOver.map(({ file }) => file),
      ["1.1.md", "package.json"]
    )
    assert.strictEqual(OpenApi.compare(exported).notes.length, 2)
  })

  it("says all of it in one sentence", () => {
    const exported = OpenApi.read([
      { name: "a.json", text: "{\n!" },
      { name: "b.json", text: "{}" }
    ])
    assert.strictEqual(
      Either.isLeft(exported) ? exported.left.message : "",
      "The export cannot be read: a.json, line 2: it is broken JSON; b.json: it is not an OpenAPI document: there is no `openapi` version in it."
    )
  })
})

/** The document with one of its nodes replaced, the node being the one that comes at this number, depth first. */
const replaced = (node: unknown, place: { left: number }, by: unknown): unknown => {
  if (place.left-- === 0) {
    return by
  }
  return Array.isArray(node)
    ? node.map((child: unknown) => replaced(child, place, by))
    : typeof node === "object" && node !== null
      ? Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replaced(child, place, by)]))
      : node
}

describe("whatever stands in an export", () => {
  const real: unknown = JSON.parse(
    readFileSync(new URL("./openapi/export-3.0.json", import.meta.url), "utf8")
  )
  const known = FastCheck.constantFrom(
    { $ref: "#/components/schemas/ResponseResult«Boolean»" },
    { $ref: "#" },
    { $ref: "#/paths" },
    { $ref: 1 },
    { type: ["null"] },
    { type: "object", properties: [], required: {} },
    { allOf: {}, oneOf: [null, 1], enum: "x" },
    { "x-apifox-refs": { a: { $ref: "#" } }, "x-apifox-overrides": [] }
  )

  it.prop(
    "it is reported or refused, never thrown at",
    [FastCheck.nat(8000), FastCheck.oneof(known, FastCheck.jsonValue())],
    ([at, by]) => {
      const text = JSON.stringify(replaced(real, { left: at }, by)) ?? ""
      const exported = OpenApi.read([{ name: "a.json", text }])
      if (Either.isRight(exported)) {
        const report = OpenApi.compare(exported.right)
        assert.isString(OpenApi.format(report))
        assert.isAtLeast(OpenApi.count(report), 0)
        OpenApi.toOverrides(report, { acceptRenames: true })
      }
    },
    { fastCheck: { numRuns: 150 } }
  )

  it.prop("text of any kind too", [FastCheck.string({ unit: "binary" })], ([text]) => {
    for (const name of ["a.json", "a.yaml", "a.md", "a"]) {
      const exported = OpenApi.read([{ name, text: `openapi: 3.0.0\n${text}` }])
      assert.isTrue(Either.isLeft(exported) || OpenApi.format(OpenApi.compare(exported.right)) !== "")
    }
  })
})

describe("odd exports", () => {
  const folder = new URL("./openapi/odd/", import.meta.url)
  const files = readdirSync(folder).filter((name) => name.includes("."))

  it("each are read or refused with a reason, and never thrown at", () => {
    const outcome = (name: string): string => {
      const exported = OpenApi.read([{ name, text: readFileSync(new URL(name, folder), "utf8") }])
      if (Either.isLeft(exported)) {
        return exported.left.problems.map(({ problem }) => problem).join("; ")
      }
      const report = OpenApi.compare(exported.right)
      assert.isString(OpenApi.format(report))
      return `read, ${report.operations.map((one) => one.name).join(" ")}`
    }
    assert.deepStrictEqual(Object.fromEntries(files.map((name) => [name, outcome(name)])), {
      "alias-bomb.yaml": "its YAML repeats anchors more than 1000 times, which no export needs",
      "broken.yaml": "it is broken YAML: the indentation is wrong, or a bracket is not closed",
      "cyclic-ref.yaml": "read, listCardSamples",
      "dangling-ref.json": "read, createVirtualCard",
      "deep.json": "it is not an OpenAPI document: it holds no object",
      "duplicate-keys.yaml": "it is broken YAML: a key stands twice in one mapping",
      "empty.yaml": "it is empty",
      "external-ref.yaml": "read, createVirtualCard",
      "get-method.yaml": "read, queryCustomer",
      "list.json": "it is not an OpenAPI document: it holds no object",
      "no-block.md": "it is a page without an OpenAPI block (```yaml … ```), and no other file has one",
      "no-paths.yaml": "read, ",
      "not-openapi.json": "it is not an OpenAPI document: there is no `openapi` version in it",
      "postman.json": "it is a Postman collection; export it as OpenAPI 3.0 or 3.1",
      "prototype-names.json": "read, createVirtualCard",
      "ref-loop.yaml": "read, createVirtualCard",
      "saved-page.json": "it is a web page or XML, not an export; save the exported file itself",
      "swagger-2.0.json": "it is Swagger 2.0; export it as OpenAPI 3.0 or 3.1",
      "templated-path.yaml": "read, freezeCard",
      "truncated.json": "it is broken JSON",
      "two-blocks.md": "it holds 2 OpenAPI blocks; give each a page of its own",
      "unclosed-block.md": "its OpenAPI block is not closed, so the page may have been cut off",
      "whole-url-path.json": "read, createVirtualCard"
    })
  })

  it("names references to other documents, and does not take a path with a parameter", () => {
    const of = (name: string): OpenApi.Report =>
      OpenApi.compare(
        Either.getOrThrow(OpenApi.read([{ name, text: readFileSync(new URL(name, folder), "utf8") }]))
      )
    assert.match(
      OpenApi.format(of("external-ref.yaml")),
      /\.\/common\/card\.yaml\S* is another document, which is not fetched/
    )
    const templated = of("templated-path.yaml")
    assert.include(OpenApi.format(templated), "which the client does not fill in; it is not taken")
    assert.deepStrictEqual(Either.getOrThrow(OpenApi.toOverrides(templated)), { paths: {} })
    const get = of("get-method.yaml").operations[0]
    assert.deepStrictEqual(
      get?.differences
        .filter(({ kind }) => kind === "method")
        .map(({ source, verdict }) => [source, verdict]),
      [["SPEC", "contradiction"]]
    )
    assert.deepStrictEqual(
      of("whole-url-path.json").operations.map(({ found }) => found.path),
      ["/openapi/v1/card/createCard"]
    )
    assert.include(
      of("whole-url-path.json")
        .servers.map(({ url }) => url)
        .join(" "),
      "://"
    )
  })

  it("asks which of two pages with one title it is", () => {
    const pages = readdirSync(new URL("two-pages/", folder)).map((name) => ({
      name,
      text: readFileSync(new URL(`two-pages/${name}`, folder), "utf8")
    }))
    const report = OpenApi.compare(Either.getOrThrow(OpenApi.read(pages)))
    assert.deepStrictEqual(
      report.questions.map(({ candidates, operation }) => [operation, candidates.length]),
      [["createVirtualCard", 2]]
    )
  })
})
