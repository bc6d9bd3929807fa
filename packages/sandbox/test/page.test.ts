import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { Script } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Build from "../page/build.js"
import type * as Control from "../src/Control.js"
import { examples } from "../src/internal/openApi.js"
import { script, style } from "../src/internal/pageParts.generated.js"
import * as Magic from "../src/Magic.js"
import { Sandbox } from "../src/Sandbox.js"
import { controls, http } from "./support/http.js"
import * as Id from "./support/ids.js"
import { routes } from "./support/routes.js"
import { Caller, fundedCard, overHttp, withCaller } from "./support/vendor.js"

/** Without a credential. */
const page = (path: string) => http(`/_sandbox${path}`, { method: "GET" })

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`

/** As a browser reads them: an element of script or style ends at the first end tag. */
const contentsOf = (html: string, tag: string) =>
  Array.from(
    html.matchAll(new RegExp(`<${tag}([^>]*)>([\\s\\S]*?)</${tag}`, "g")),
    ([, attributes = "", text = ""]) => ({ attributes, text })
  )

const markupOf = (html: string) => html.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1/g, "<$1></$1")

const policyOf = (headers: Readonly<Record<string, string>>) =>
  new Map(
    (headers["content-security-policy"] ?? "").split("; ").map((directive) => {
      const [name = "", ...values] = directive.split(" ")
      return [name, values] as const
    })
  )

const shut = (headers: Readonly<Record<string, string>>) => {
  const policy = policyOf(headers)
  for (const directive of ["default-src", "base-uri", "form-action", "frame-ancestors"]) {
    assert.deepStrictEqual(policy.get(directive), ["'none'"], directive)
  }
  assert.deepStrictEqual(policy.get("connect-src"), ["'self'"])
  assert.strictEqual(headers["x-content-type-options"], "nosniff")
  assert.strictEqual(headers["referrer-policy"], "no-referrer")
  assert.strictEqual(headers["cache-control"], "no-store")
  assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
}

/** What a browser would fetch, or run, because the markup says so. */
const loads = (html: string) =>
  Array.from(
    markupOf(html).matchAll(/\s(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>]*)/g),
    ([, url]) => url
  )

describe("the status page", () => {
  it.scoped("runs nothing but its own script and style, and asks nobody else", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* page("/")
      assert.strictEqual(status, 200)
      shut(headers)
      const policy = policyOf(headers)
      const scripts = contentsOf(text, "script")
      const styles = contentsOf(text, "style")
      assert.deepStrictEqual(
        scripts.map((each) => [each.attributes, sha256(each.text)]),
        [[' type="module"', policy.get("script-src")?.[0]]]
      )
      assert.deepStrictEqual(
        styles.map((each) => sha256(each.text)),
        policy.get("style-src")
      )
      assert.lengthOf(policy.get("script-src") ?? [], 1)
      assert.deepStrictEqual(policy.get("require-trusted-types-for"), ["'script'"])
      assert.deepStrictEqual(
        loads(text).filter((url) => url?.startsWith("data:") !== true),
        ["docs", "openapi.json"]
      )
      assert.notMatch(markupOf(text), /\s(?:on\w+|style)\s*=/)
      assert.notInclude(style, "url(")
      assert.notInclude(style, "@import")
    }).pipe(Effect.provide(overHttp()))
  )

  it("has a script that parses, and puts what it is told into the page as text only", () => {
    assert.instanceOf(new Script(`(async () => {${script}\n})`), Script)
    assert.notMatch(
      script,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\b|new Function|DOMParser/
    )
    assert.notMatch(script, /localStorage|sessionStorage|indexedDB|document\.cookie|location|history|https?:/)
    assert.notMatch(script, /^\s*(?:import|export)\b/m)
  })

  it("is what the files in page/ say: else run `node page/build.ts`", () => {
    assert.strictEqual(readFileSync(Build.target, "utf8"), Build.parts)
  })

  it.scoped("has every element that its script looks for", () =>
    Effect.gen(function* () {
      const { text } = yield* page("/")
      const markup = markupOf(text)
      const wanted = new Set(
        Array.from(script.matchAll(/(?:\$|draw|list)\(\s*"([\w-]+)"/g), ([, id = ""]) => id)
      )
      assert.isAbove(wanted.size, 15)
      for (const id of wanted) {
        assert.strictEqual(markup.split(` id="${id}"`).length, 2, id)
      }
      const ids = Array.from(markup.matchAll(/ id="([^"]*)"/g), ([, id]) => id)
      assert.strictEqual(new Set(ids).size, ids.length)
      for (const [, id] of markup.matchAll(/ (?:for|aria-labelledby|aria-describedby)="([^"]*)"/g)) {
        assert.include(ids, id)
      }
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("says what it is, names the magic values, and holds no data", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      yield* call("createCustomer", { customerCode: Id.code("nobody-but-the-state-knows") })
      const { text } = yield* page("/")
      assert.include(text, "This is not YUNMO.")
      assert.notInclude(text, "nobody-but-the-state-knows")
      assert.notInclude(text, "sandbox-control")
      assert.match(text, /<input id="credential" type="password" autocomplete="off"/)
      assert.notMatch(text, /<input id="credential"[^>]* name=/)
      for (const { value } of Magic.values) {
        assert.include(
          text,
          `<code>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</code>`
        )
      }
    }).pipe(Effect.provide(Caller.layer), Effect.provide(overHttp()))
  )

  it.scoped("stands at /_sandbox/, and /_sandbox leads there", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* http("/_sandbox", { method: "GET", redirect: "manual" })
      assert.deepStrictEqual([status, headers["location"]], [308, "/_sandbox/"])
      assert.strictEqual((yield* http("/_sandbox/?x=1", { method: "HEAD" })).status, 200)
      assert.strictEqual((yield* http("/_sandbox/", { method: "POST" })).status, 404)
    }).pipe(Effect.provide(overHttp()))
  )
})

describe("what the status page asks for", () => {
  it.scoped("the newest of everything, oldest first", () =>
    Effect.gen(function* () {
      const { findDeliveries, findState, state } = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      yield* fundedCard("c-2", "100")
      yield* fundedCard("c-3", "100")
      const { authorize } = yield* Sandbox
      for (let index = 0; index < 5; index++) {
        yield* authorize({ cardId, amount: Id.amount("1"), currency: "USD" })
      }
      const all = yield* state
      const two = yield* findState({ last: 2 })
      assert.deepStrictEqual(two.customers, all.customers.slice(-2))
      assert.deepStrictEqual(two.cards, all.cards.slice(-2))
      assert.deepStrictEqual(two.orders, all.orders.slice(-2))
      assert.deepStrictEqual(two.transactions, all.transactions.slice(-2))
      assert.deepStrictEqual(two.merchants, all.merchants)
      assert.deepStrictEqual(yield* findState({ last: 1000 }), all)
      assert.deepStrictEqual(yield* findState({}), all)
      assert.lengthOf(all.customers, 3)

      const ids = (query: Control.DeliveriesQuery) =>
        Effect.map(findDeliveries(query), (found) => found.map(({ id }) => id))
      assert.deepStrictEqual(yield* ids({}), [1, 2, 3, 4, 5, 6, 7, 8])
      assert.deepStrictEqual(yield* ids({ last: 3 }), [6, 7, 8])
      assert.deepStrictEqual(yield* ids({ last: 99 }), [1, 2, 3, 4, 5, 6, 7, 8])
      assert.deepStrictEqual(yield* ids({ after: 6, last: 99 }), [7, 8])
      assert.deepStrictEqual(yield* ids({ after: 2, limit: 2 }), [3, 4])
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("over HTTP, with a whole number above zero", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      for (const customerCode of ["c-1", "c-2", "c-3"].map(Id.code)) {
        yield* call("createCustomer", { customerCode })
      }
      const Calls = Schema.Struct({ latest: Schema.Array(Schema.Struct({ operation: Schema.String })) })
      const Customers = Schema.Struct({
        customers: Schema.Array(Schema.Struct({ customerCode: Schema.String }))
      })
      const calls = yield* Schema.decodeUnknown(Calls)((yield* controls("GET", "/calls?last=3")).body)
      assert.deepStrictEqual(
        calls.latest.map(({ operation }) => operation),
        ["createCustomer", "createCustomer", "createCustomer"]
      )
      const state = yield* Schema.decodeUnknown(Customers)((yield* controls("GET", "/state?last=1")).body)
      assert.deepStrictEqual(
        state.customers.map(({ customerCode }) => customerCode),
        ["c-3"]
      )
      for (const path of ["/calls", "/state", "/deliveries"]) {
        for (const last of ["0", "-1", "1.5", "all", ""]) {
          const { body, status } = yield* controls("GET", `${path}?last=${last}`)
          assert.strictEqual(status, 400, `${path}?last=${last}`)
          assert.include(JSON.stringify(body), "last: ")
        }
      }
    }).pipe(Effect.provide(Caller.layer), Effect.provide(overHttp()))
  )
})

const Described = Schema.Struct({ summary: Schema.NonEmptyTrimmedString })
const Operation = Schema.Struct({
  ...Described.fields,
  operationId: Schema.String,
  parameters: Schema.Array(
    Schema.Struct({ name: Schema.String, in: Schema.Literal("query", "path"), description: Schema.String })
  ),
  security: Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Array(Schema.String) })),
  responses: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ description: Schema.NonEmptyTrimmedString })
  }),
  requestBody: Schema.optional(
    Schema.Struct({
      content: Schema.Struct({ "application/json": Schema.Struct({ example: Schema.Unknown }) })
    })
  )
})
const Document = Schema.parseJson(
  Schema.Struct({
    openapi: Schema.Literal("3.1.0"),
    info: Schema.Struct({ title: Schema.String, version: Schema.String, description: Schema.String }),
    paths: Schema.Record({
      key: Schema.String,
      value: Schema.Record({ key: Schema.String, value: Operation })
    }),
    tags: Schema.Array(Schema.Struct({ name: Schema.String, description: Schema.NonEmptyTrimmedString })),
    components: Schema.Struct({
      schemas: Schema.Record({
        key: Schema.String,
        value: Schema.Struct({ description: Schema.NonEmptyTrimmedString })
      }),
      securitySchemes: Schema.Struct({
        bearer: Schema.Struct({
          type: Schema.Literal("http"),
          scheme: Schema.Literal("bearer"),
          description: Schema.NonEmptyTrimmedString
        })
      })
    })
  })
)

describe("the OpenAPI document", () => {
  it.scoped("describes every route, its input and its errors", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* page("/openapi.json")
      assert.deepStrictEqual([status, headers["content-type"]], [200, "application/json"])
      const { components, info, paths, tags } = yield* Schema.decode(Document)(text)
      assert.include(info.title, "not YUNMO")
      assert.include(info.description, "not YUNMO")
      assert.isAbove(tags.length, 3)

      const described = Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ ...operation, path, method }))
      )
      assert.strictEqual(described.length, routes.length)
      for (const route of routes) {
        const found = described.find(({ operationId }) => operationId === route.id)
        assert(found !== undefined, route.id)
        assert.strictEqual(found.path, route.path.replace(/:(\w+)/g, "{$1}"))
        assert.strictEqual(found.method, route.method.toLowerCase())
        assert.match(found.summary, /^[A-Z][^\n]*\.$/)
        assert.deepStrictEqual(found.security, route.guarded ? [{ bearer: [] }] : [], route.id)
        const errors = Object.keys(found.responses)
          .map(Number)
          .filter((code) => code >= 400)
        const expected = route.errors.filter((code) => code !== 400 || route.takesInput)
        assert.sameMembers(errors, expected, route.id)
        assert.include(errors, 403)
        assert.strictEqual(errors.includes(401), route.guarded)
        assert.strictEqual(found.requestBody !== undefined, route.payload !== undefined, route.id)
      }

      for (const [, name = ""] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]*)"/g)) {
        assert.property(components.schemas, name)
      }
      assert.lengthOf(text.match(/"\$ref":"(?!#\/components\/schemas\/)/g) ?? [], 0)
      assert.notInclude(text, "HttpApiDecodeError")
    }).pipe(Effect.provide(overHttp()))
  )

  it("gives inputs to try that the routes take", () => {
    const taking = routes.filter(({ payload }) => payload !== undefined)
    assert.sameMembers(
      taking.map(({ id }) => id),
      Object.keys(examples)
    )
    for (const { id, payload } of taking) {
      const schema = Schema.make<unknown, unknown, never>(payload ?? AST.neverKeyword)
      assert.strictEqual(Schema.decodeUnknownEither(schema)(examples[id])._tag, "Right", id)
    }
  })
})

describe("the OpenAPI page", () => {
  it.scoped("is whole: it runs its own script, and asks nobody else", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* page("/docs")
      assert.strictEqual(status, 200)
      shut(headers)
      assert.deepStrictEqual(loads(text), [])
      assert.notMatch(text.replace(/<script>[\s\S]*?<\/script/, ""), /url\((?!["']?data:)/)
      const [shown, run, ...others] = contentsOf(text, "script").sort(
        (left, right) => left.text.length - right.text.length
      )
      assert.lengthOf(others, 0)
      assert.deepStrictEqual(policyOf(headers).get("script-src"), [sha256(run?.text ?? "")])
      assert.instanceOf(new Script(`(() => {${run?.text}\n})`), Script)
      const document = yield* Schema.decode(Document)(shown?.text ?? "")
      assert.deepStrictEqual(document, yield* Schema.decode(Document)((yield* page("/openapi.json")).text))
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("is the same to all who ask at once", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.all([page("/docs"), page("/docs"), page("/docs")], {
        concurrency: "unbounded"
      })
      assert.strictEqual(new Set(answers.map(({ text }) => text)).size, 1)
    }).pipe(Effect.provide(overHttp()))
  )
})
