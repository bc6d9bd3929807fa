import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { answered } from "../src/internal/contractProgram.js"
import { folder, yunmo } from "./support.js"

const text = { type: "string" }
const object = (properties: object, required: ReadonlyArray<string>) => ({
  type: "object",
  properties,
  required
})
const content = (schema: object) => ({ content: { "application/json": { schema } } })

const operation = (summary: string, request: object, response: object) => ({
  post: { summary, requestBody: content(request), responses: { "200": content(response) } }
})

const freeze = operation("4.08 Freeze card", object({ cardId: text }, ["cardId"]), { type: "boolean" })

const page = (paths: object) =>
  `# Page\n\n\`\`\`yaml\n${JSON.stringify({ openapi: "3.0.1", info: {}, paths })}\n\`\`\`\n`

const customer = operation(
  "2.1 创建客户",
  object({ customerCode: text, email: text, mobile: text }, ["customerCode"]),
  object({ customerId: text, customerCode: text }, ["customerId"])
)

/** Nothing of the tests' own environment, and no contract in it unless a test sets one. */
const run = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  yunmo(["contract", ...args], "", environment)

/** A folder with these pages in `pages`, which also holds a page without an operation. */
const pages = (files: Readonly<Record<string, string>>) =>
  Effect.map(folder, (path) => {
    mkdirSync(join(path, "pages", "02 Customer"), { recursive: true })
    writeFileSync(join(path, "pages", "1.1 Protocol.md"), "# 1.1 Protocol Specification\n")
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(path, "pages", name), content)
    }
    return path
  })

const both = {
  "02 Customer/2.1.md": page({ "/v1/customer": customer }),
  "4.08.md": page({ "/v1/card/freeze": freeze })
}

describe("yunmo contract", { timeout: 60_000 }, () => {
  it.scopedLive("imports paths, which check then finds nothing to say about", () =>
    Effect.gen(function* () {
      const path = yield* pages(both)
      const out = join(path, "contract.json")
      const imported = yield* run(["import", join(path, "pages"), "--out", out])
      assert.deepStrictEqual([imported.code, imported.stdout.includes("2 of 25 operations")], [0, true])
      assert.include(imported.stderr, "One field looks renamed and was left as it is")
      const contract = Either.getOrThrow(Contract.fromJson(readFileSync(out, "utf8")))
      assert.deepStrictEqual(contract.paths.createCustomer, { path: "/v1/customer", source: "MERCHANT" })
      assert.deepStrictEqual(contract.fields, {})
      assert.strictEqual(contract.paths.login.source, "PROPOSED")

      const before = yield* run(["check", join(path, "pages"), "--part"])
      assert.strictEqual(before.code, 1)
      assert.include(before.stdout, "path: /v1/customer in the export, /customer/create here [PROPOSED]")
      const after = yield* run(["check", join(path, "pages"), "--part", "--contract", out])
      assert.strictEqual(after.code, 1)
      assert.notInclude(after.stdout, "path:")
      assert.include(after.stdout, "--choose CustomerAddDto.phone=mobile")

      const renamed = yield* run([
        "import",
        join(path, "pages"),
        "--contract",
        out,
        "--out",
        out,
        "--accept-renames"
      ])
      assert.deepStrictEqual([renamed.code, renamed.stderr.includes("renamed")], [0, false])
      const clean = yield* run(["check", join(path, "pages"), "--part"], { YUNMO_CONTRACT_FILE: out })
      assert.deepStrictEqual([clean.code, clean.stderr], [0, ""])
      const whole = yield* run(["check", join(path, "pages"), "--json"], { YUNMO_CONTRACT_FILE: out })
      const { absent, differences } = JSON.parse(whole.stdout)
      assert.deepStrictEqual([whole.code, differences, absent.length], [1, 23, 23])
    })
  )

  it.scopedLive("prints the corrections without --out, and keeps those it builds upon", () =>
    Effect.gen(function* () {
      const path = yield* pages(both)
      const base = join(path, "base.json")
      writeFileSync(base, JSON.stringify({ version: "V1.0", paths: { login: "/mine" } }))
      const ran = yield* run(["import", join(path, "pages", "4.08.md"), "--contract", base])
      assert.deepStrictEqual(
        [ran.code, JSON.parse(ran.stdout)],
        [0, { version: "V1.0", paths: { login: "/mine", freezeCard: "/v1/card/freeze" } }]
      )
      assert.include(ran.stderr, "are kept where these do not replace them")
      const json = yield* run(["import", join(path, "pages", "4.08.md"), "--json"])
      assert.deepStrictEqual(JSON.parse(json.stdout).overrides, { paths: { freezeCard: "/v1/card/freeze" } })
    })
  )

  it.scopedLive("asks with exit code 3, writes nothing, and takes the choice", () =>
    Effect.gen(function* () {
      const path = yield* pages({ ...both, "copy.md": page({ "/v2/card/freeze": freeze }) })
      const out = join(path, "contract.json")
      const asked = yield* run(["import", join(path, "pages"), "--out", out])
      assert.strictEqual(asked.code, 3)
      assert.include(asked.stdout, "--choose freezeCard=/v2/card/freeze")
      assert.include(asked.stderr, "Nothing was written.")
      assert.throws(() => readFileSync(out), /ENOENT/)
      const check = yield* run(["check", join(path, "pages"), "--part", "--json"])
      assert.deepStrictEqual([check.code, JSON.parse(check.stdout).questions.length], [3, 1])
      const json = yield* run(["import", join(path, "pages"), "--json"])
      assert.deepStrictEqual([json.code, JSON.parse(json.stdout).error.code], [3, "Undecided"])
      const chosen = yield* run([
        "import",
        join(path, "pages"),
        "--out",
        out,
        "--choose=freezeCard=/v2/card/freeze"
      ])
      assert.strictEqual(chosen.code, 0)
      assert.strictEqual(JSON.parse(readFileSync(out, "utf8")).paths.freezeCard, "/v2/card/freeze")
    })
  )

  it.scopedLive("shows what is in force, and from where", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const file = join(path, "contract.json")
      writeFileSync(
        file,
        JSON.stringify({
          paths: { freezeCard: "/v1/freeze" },
          fields: { CustomerAddDto: { phone: "mobile" } },
          signature: { exempt: { submitKyc: ["idFrontPhoto"] } }
        })
      )
      const shown = yield* run(["show", "--contract", file])
      assert.strictEqual(shown.code, 0)
      assert.match(shown.stdout, /4\.08 +freezeCard +\/v1\/freeze +MERCHANT\n/)
      assert.match(shown.stdout, /1\.3 +login +\/auth\/login +PROPOSED\n/)
      assert.match(shown.stdout, /CustomerAddDto\.phone +mobile +MERCHANT\n/)
      assert.match(shown.stdout, /kycState +2 +rejected +VENDOR\n/)
      assert.match(shown.stdout, /2000001 +.*VENDOR\n/)
      assert.match(shown.stdout, /submitKyc +idFrontPhoto +MERCHANT\n/)
      const json = yield* run(["show", "--json"], { YUNMO_CONTRACT_FILE: file })
      assert.deepStrictEqual(JSON.parse(json.stdout).paths.freezeCard, {
        path: "/v1/freeze",
        source: "MERCHANT"
      })
      const proposed = yield* run(["show"])
      assert.include(proposed.stdout, "The proposed contract, with no corrections.")
    })
  )

  it.scopedLive("reads only what is named: no links, no devices, nothing hidden", () =>
    Effect.gen(function* () {
      const path = yield* pages(both)
      const outside = join(path, "outside.md")
      writeFileSync(outside, page({ "/secret": operation("4.09 Unfreeze card", {}, {}) }))
      symlinkSync(outside, join(path, "pages", "link.md"))
      symlinkSync(path, join(path, "pages", "up"))
      writeFileSync(
        join(path, "pages", ".hidden.md"),
        page({ "/hidden": operation("4.07 Destroy card", {}, {}) })
      )
      writeFileSync(join(path, "pages", "notes.json"), "{}")
      const ran = yield* run(["import", join(path, "pages"), "--json"])
      const { overrides, report } = JSON.parse(ran.stdout)
      assert.deepStrictEqual(Object.keys(overrides.paths), ["createCustomer", "freezeCard"])
      assert.isTrue(report.notes.some((note: string) => note.includes("notes.json")))
    })
  )

  it.scopedLive("refuses in one sentence, with exit code 2", () =>
    Effect.gen(function* () {
      const path = yield* pages(both)
      const there = join(path, "there.json")
      writeFileSync(there, "{}")
      const swagger = join(path, "swagger.json")
      writeFileSync(swagger, '{"swagger":"2.0"}')
      const latin = join(path, "latin.yaml")
      writeFileSync(latin, Buffer.from([0x6f, 0xe9, 0x0a]))
      const broken = join(path, "broken.yaml")
      writeFileSync(broken, "openapi: 3.0.0\na: [hunter2\nb: 1\n")
      const huge = join(path, "huge.json")
      writeFileSync(huge, `"${"x".repeat(10 * 1024 * 1024)}"`)
      const refusals: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["import"], /^Name the exported files, or their folder; see yunmo contract import --help\.$/],
        [["chek", "x"], /There is no action chek/],
        [["show", "x"], /It takes no file but behind --contract/],
        [["check", swagger, "--secret"], /There is no option --secret/],
        [["check", swagger], /it is Swagger 2\.0/],
        [["check", broken], /line 3: it is broken YAML/],
        [["check", latin], /is not UTF-8/],
        [["check", huge], /more than 10 MiB/],
        [["check", join(path, "nowhere")], /does not exist/],
        [["check", "/dev/zero"], /no regular file/],
        [["check", join(path, "pages"), "--choose", "login"], /login is no choice/],
        [["check", join(path, "pages"), "--contract", swagger], /swagger: there is no setting of this name/],
        [["import", join(path, "pages"), "--out", there], /is there already and was left as it is/],
        [
          ["import", join(path, "pages"), "--out", join(path, "no", "where.json")],
          /cannot be written \(ENOENT\)/
        ]
      ]
      for (const [args, sentence] of refusals) {
        const refused = yield* Effect.flip(answered(args))
        assert.strictEqual(refused.exitCode, undefined, args.join(" "))
        assert.match(refused.sentence, sentence)
        assert.notMatch(refused.sentence, /\n|hunter2/)
      }
      const first = yield* run(["import"])
      assert.deepStrictEqual([first.code, first.stdout, first.stderr.split("\n").length], [2, "", 2])
      assert.strictEqual(readFileSync(there, "utf8"), "{}")
      const json = yield* run(["check", swagger, "--json"])
      assert.deepStrictEqual([json.code, JSON.parse(json.stdout).error.code], [2, "OpenApiInvalid"])
    })
  )

  it.live("is in the lists of help", () =>
    Effect.gen(function* () {
      const all = yield* yunmo(["--help"], "", {})
      assert.include(all.stdout, "contract")
      for (const words of [[], ["--help"], ["import", "--help"], ["check", "-h"], ["show", "--help"]]) {
        const { exitCode, text } = yield* answered(words)
        assert.deepStrictEqual([exitCode, text.startsWith("yunmo contract")], [0, true])
      }
    })
  )
})
