import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { refusalOf } from "../src/internal/guard.js"
import { asked, controls } from "./support/http.js"
import { routes } from "./support/routes.js"
import { control, merchant, overHttp, requestOf } from "./support/vendor.js"

const here = "127.0.0.1:4010"

const caller = (address: string | undefined, headers: Readonly<Record<string, string>>) => ({
  remoteAddress: Option.fromNullable(address),
  headers: Headers.fromInput({ host: here, ...headers })
})

const loopbackOnly = "on this machine only"
const namesOnly = "Host header"
const sameSite = "no page of another site"

/** What the sentence says, or that there is none. */
const table: ReadonlyArray<
  readonly [what: string, address: string | undefined, headers: Readonly<Record<string, string>>, string?]
> = [
  ["IPv4", "127.0.0.1", {}],
  ["any of 127.0.0.0/8", "127.250.3.4", { host: "127.9.8.7:1" }],
  ["IPv4 in IPv6", "::ffff:127.0.0.1", {}],
  ["IPv6", "::1", { host: "[::1]:4010" }],
  ["localhost", "127.0.0.1", { host: "localhost" }],
  ["LOCALHOST", "127.0.0.1", { host: "LocalHost:80" }],
  ["a neighbour", "192.168.1.7", {}, loopbackOnly],
  ["a neighbour, IPv4 in IPv6", "::ffff:10.0.0.1", {}, loopbackOnly],
  ["a neighbour, IPv6", "fe80::1", {}, loopbackOnly],
  ["an address that only begins so", "127.0.0.1.example", {}, loopbackOnly],
  ["nobody knows where", undefined, {}, loopbackOnly],
  ["a proxy here, for somebody there", "127.0.0.1", { "x-forwarded-for": "203.0.113.9" }, loopbackOnly],
  ["a proxy here, by the standard", "::1", { forwarded: "for=203.0.113.9" }, loopbackOnly],
  ["a proxy here, nginx", "127.0.0.1", { "x-real-ip": "203.0.113.9" }, loopbackOnly],
  ["a rebound name", "127.0.0.1", { host: "attacker.example:4010" }, namesOnly],
  ["a name under localhost", "127.0.0.1", { host: "evil.localhost:4010" }, namesOnly],
  ["a name that begins with localhost", "127.0.0.1", { host: "localhost.attacker.example" }, namesOnly],
  ["a name that begins with 127.0.0.1", "127.0.0.1", { host: "127.0.0.1.attacker.example" }, namesOnly],
  ["a user before the address", "127.0.0.1", { host: "attacker.example@127.0.0.1" }, namesOnly],
  ["all addresses", "127.0.0.1", { host: "0.0.0.0:4010" }, namesOnly],
  ["no host", "127.0.0.1", { host: "" }, namesOnly],
  ["its own page", "127.0.0.1", { origin: `http://${here}`, "sec-fetch-site": "same-origin" }],
  ["its own page, behind TLS", "127.0.0.1", { origin: `https://${here}` }],
  ["its own page at the usual port", "127.0.0.1", { host: "localhost:80", origin: "http://localhost" }],
  ["its address, typed", "127.0.0.1", { "sec-fetch-site": "none" }],
  ["another site", "127.0.0.1", { origin: "https://attacker.example" }, sameSite],
  ["another port here", "127.0.0.1", { origin: "http://127.0.0.1:3000" }, sameSite],
  ["another name of here", "127.0.0.1", { origin: "http://localhost:4010" }, sameSite],
  ["a file or a sandboxed frame", "127.0.0.1", { origin: "null" }, sameSite],
  ["a link or an image", "127.0.0.1", { "sec-fetch-site": "cross-site" }, sameSite],
  ["a lie about the origin", "127.0.0.1", { origin: `http://${here}@attacker.example` }, sameSite]
]

describe("whom the control surface answers", () => {
  for (const [what, address, headers, part] of table) {
    it(`${part === undefined ? "answers" : "refuses"} ${what}`, () => {
      const refusal = refusalOf(caller(address, headers), false)
      if (part === undefined) {
        assert.isUndefined(refusal)
      } else {
        assert.include(refusal ?? "", part)
        assert.match(refusal ?? "", /^[^\n]*\.$/)
      }
    })

    it(`${part === sameSite ? "refuses" : "answers"} ${what}, where others are let in`, () => {
      const refusal = refusalOf(caller(address, headers), true)
      assert.strictEqual(refusal === undefined, part !== sameSite)
    })
  }
})

const Refusal = Schema.parseJson(
  Schema.Struct({ _tag: Schema.Literal("ControlForbidden"), message: Schema.String })
)

const credential = { authorization: `Bearer ${control}` }

const foreign = [
  { host: "attacker.example" },
  { host: here, "x-forwarded-for": "203.0.113.9" },
  { host: here, origin: "https://attacker.example" },
  { host: here, "sec-fetch-site": "cross-site" }
]

describe("the control surface over HTTP", () => {
  it.scoped("refuses a foreign caller on every route and page, right credential or not", () =>
    Effect.gen(function* () {
      const pages = ["/_sandbox", "/_sandbox/", "/_sandbox/docs", "/_sandbox/openapi.json", "/_sandbox/none"]
      const all = [...routes, ...pages.map((path) => ({ method: "GET", path }))]
      assert.isAbove(all.length, 30)
      for (const { method, path } of all) {
        for (const headers of foreign) {
          const { status, text } = yield* asked(method, path, { ...headers, ...credential })
          assert.strictEqual(status, 403, `${method} ${path} ${JSON.stringify(headers)}`)
          yield* Schema.decode(Refusal)(text)
        }
      }
      assert.strictEqual((yield* controls("GET", "/summary")).status, 200)
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("still wants the credential of those it answers", () =>
    Effect.gen(function* () {
      const own = { host: "localhost:1", origin: "http://localhost:1", "sec-fetch-site": "same-origin" }
      assert.strictEqual((yield* asked("GET", "/_sandbox/summary", own)).status, 401)
      assert.strictEqual((yield* asked("GET", "/_sandbox/summary", { ...own, ...credential })).status, 200)
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("answers other machines with allowRemoteControl, but no page of another site", () =>
    Effect.gen(function* () {
      const [rebound, proxied, origin, site] = foreign
      for (const headers of [rebound, proxied]) {
        assert.strictEqual((yield* asked("GET", "/_sandbox/summary", { ...headers })).status, 401)
        assert.strictEqual(
          (yield* asked("GET", "/_sandbox/summary", { ...headers, ...credential })).status,
          200
        )
      }
      for (const headers of [origin, site]) {
        assert.strictEqual(
          (yield* asked("GET", "/_sandbox/summary", { ...headers, ...credential })).status,
          403
        )
      }
    }).pipe(Effect.provide(overHttp({ allowRemoteControl: true })))
  )

  it.scoped("leaves the vendor's API open to every caller that reaches it", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const body = yield* requestOf("login", { apiKey: merchant.apiKey })
      for (const headers of foreign) {
        const answer = yield* asked(
          "POST",
          paths.login.path,
          { ...headers, "content-type": "application/json" },
          body
        )
        assert.strictEqual(answer.status, 200)
        assert.include(answer.text, '"code":"200"')
      }
    }).pipe(Effect.provide(overHttp()))
  )
})
