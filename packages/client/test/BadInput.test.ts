import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import type * as Operation from "@effect-yunmo/schema/Operation"
import { operations } from "@effect-yunmo/schema/Operation"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { secretKey, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { credentials, forward, merchant, sandboxUrl, withSandbox } from "./support/sandbox.js"
import {
  endless,
  envelope,
  never,
  ok,
  type Reply,
  reset,
  resetInBody,
  stalled,
  status,
  text,
  timestamp,
  vendor
} from "./support/vendor.js"

describe("a merchant's text", () => {
  const sent: ReadonlyArray<readonly [about: string, text: string]> = [
    ["the scheme's own separators", "A&B=C&&=="],
    ["another field of the signature", "Ada&nonce=0000000000000000&version=v9"],
    ["an end of the signature", "Ada&key=1111111111111111"],
    ["escapes of a URL", "%26%3D+%00"],
    ["emoji", "😀👩‍👩‍👧🏽"],
    ["Chinese", "张伟（北京）"],
    ["rare Chinese beyond the BMP", "𠮷野家"],
    ["letters and accents apart", "e\u0301"],
    ["right to left, with overrides", "\u202eعبد الله"],
    ["quotes and backslashes", `"\\/'\\u0041`],
    ["line ends and tabs", "one\r\ntwo\tthree\u2028four"],
    ["NUL and other control characters", "a\u0000b\u0001c\u007fd"],
    ["a word of JSON", "null"],
    ["a number's text", "20.00"],
    ["a name that objects inherit", "__proto__"],
    ["markup", "<script>alert(1)</script>"],
    ["very much", "长".repeat(15_000)]
  ]
  it.scopedLive.each(sent)("%s is signed, sent and kept by the sandbox as it is", ([, name]) =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const between = yield* vendor({ login: forward(baseUrl), anything: forward(baseUrl) })
      const kept = yield* Effect.gen(function* () {
        const { customers, kyc } = yield* Yunmo
        const { customerId } = yield* customers.create({ customerCode: Id.customerCode("c-1") })
        return yield* kyc.submit({ ...Id.kyc(), customerId, firstName: name })
      }).pipe(withClient(between.url, { options: credentials }))
      assert.isTrue(kept)
      const [submitted] = between.of("submitKyc")
      assert.strictEqual(submitted?.message.data.firstName, name)
      const key = SigningKey.make("test", Redacted.value(merchant.secretKey))
      assert.isTrue(Either.isRight(Verifier.verifyWith([key], submitted?.body ?? "")))
      const sandbox = yield* Sandbox.Sandbox
      assert.strictEqual((yield* sandbox.state).customers.length, 1)
    }).pipe(Effect.provide(withSandbox()))
  )

  const refused: ReadonlyArray<readonly [about: string, text: string, rule: string]> = [
    ["nothing", "", "firstName expected text that is not empty"],
    ["blanks", " \t ", "firstName expected text that is not empty"],
    ["blanks around it", " Ada", "firstName expected text that is not empty and has no blanks around it"],
    ["a byte order mark before it", "\uFEFFAda", "firstName expected text"],
    ["half of a character", "Ada\ud83d", "firstName holds half of a surrogate pair"]
  ]
  it.scopedLive.each(refused)("%s is refused with field and rule, and nothing is sent", ([, name, rule]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ submitKyc: ok(true) })
      const error = yield* Effect.flatMap(Yunmo, ({ kyc }) =>
        kyc.submit({ ...Id.kyc(), firstName: name })
      ).pipe(Effect.flip, withClient(server.url))
      hasFields(error, { _tag: "RequestInvalid", operation: "submitKyc" })
      assert.include(error.message, `submitKyc was not sent: ${rule}`)
      assert.match(error.message, /[^.]\. Correct the input\.$/)
      assert.deepStrictEqual(server.of("submitKyc"), [])
    })
  )

  it.scopedLive("of any kind arrives as it was given, or is refused", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ submitKyc: ok(true) })
      const key = SigningKey.make("test", secretKey)
      const any = FastCheck.string({ unit: "binary", minLength: 1, maxLength: 30 })
      yield* Effect.forEach(FastCheck.sample(any, { numRuns: 200, seed: 1 }), (name) =>
        Effect.gen(function* () {
          const before = server.of("submitKyc").length
          const { kyc } = yield* Yunmo
          const result = yield* Effect.either(kyc.submit({ ...Id.kyc(), firstName: name }))
          const [request, ...more] = server.of("submitKyc").slice(before)
          if (Either.isLeft(result)) {
            assert.strictEqual(result.left._tag, "RequestInvalid")
            assert.isUndefined(request)
          } else {
            assert.strictEqual(request?.message.data.firstName, name)
            assert.deepStrictEqual(more, [])
            assert.isTrue(Either.isRight(Verifier.verifyWith([key], request?.body ?? "")))
          }
        })
      ).pipe(withClient(server.url))
    })
  )
})

/** One operation for each way of being careful. */
const classes = {
  read: "getCardDetail",
  idempotent: "freezeCard",
  keyed: "createCustomer",
  creating: "createVirtualCard",
  money: "adjustBalance",
  decision: "confirmThreeDs"
} as const satisfies Record<Operation.Safety, Operation.Name>

const megabyte = 1024 * 1024
const deep = `{"code":"200","data":${"[".repeat(40)}${"]".repeat(40)}}`
const many = `{"code":"200","data":{${Array.from({ length: 100_001 }, (_, n) => `"${n}":1`).join(",")}}}`

/** A byte at a time, and never all of them. */
const dripping: Reply = {
  send: (response, socket) => {
    response.writeHead(200, { "content-type": "application/json" })
    const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : response.write(" ")), 10)
  }
}
const chunked = (body: string): Reply => ({
  send: (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    response.write(body.slice(0, 10))
    response.end(body.slice(10))
  }
})
const redirect = (value: number): Reply => status(value, { location: "https://elsewhere.example/" })

const unreadable = { _tag: "ResponseInvalid", reason: "Unreadable" }
const tooLarge = { _tag: "ResponseInvalid", reason: "TooLarge" }

const answers: ReadonlyArray<
  readonly [about: string, reply: Reply, error: Readonly<Record<string, unknown>>, again: boolean]
> = [
  ["HTML", text("<!doctype html><h1>Bad gateway</h1>", { "content-type": "text/html" }), unreadable, true],
  ["nothing", text(""), unreadable, true],
  ["JSON cut off", text(`{"code":"200","data":{"sta`), unreadable, true],
  ["a list", text(`[{"code":"200"}]`), unreadable, true],
  ["a word", text("OK"), unreadable, true],
  ["a key twice", text(`{"code":"-1","code":"200","data":true}`), unreadable, true],
  ["a key twice by an escape", text(`{"code":"-1","\\u0063ode":"200","data":true}`), unreadable, true],
  ["forty levels", text(deep), unreadable, true],
  ["a hundred thousand fields", text(many), unreadable, true],
  ["GBK", text(Buffer.from([0x7b, 0x22, 0xd5, 0xc5, 0x22, 0x3a, 0x31, 0x7d])), unreadable, true],
  ["UTF-16", text(Buffer.from(`{"code":"200"}`, "utf16le")), unreadable, true],
  ["half of a character", text(`{"code":"200","msg":"\\ud83d","data":true}`), unreadable, true],
  ["a number of JavaScript's", text(`{"code":"200","data":NaN}`), unreadable, true],
  [
    "compressed without being asked",
    text(gzipSync(`{"code":"200","data":true}`), { "content-encoding": "gzip" }),
    unreadable,
    true
  ],
  ["no envelope", text(`{"status":"SUCCESS"}`), { _tag: "ResponseInvalid", reason: "Envelope" }, false],
  ["an envelope of another vendor", text(`{"code":{"value":200}}`), { reason: "Envelope" }, false],
  ["data of another shape", ok([["what"], { is: "this" }]), { reason: "Data", vendorTime: timestamp }, false],
  ["no data", envelope({ code: "200" }), { _tag: "ResponseInvalid", reason: "Data" }, false],
  ["over a megabyte", text(`{"code":"200","msg":"${"x".repeat(megabyte)}","data":true}`), tooLarge, false],
  ["over a megabyte in chunks", chunked(`{"code":"200","data":"${"x".repeat(megabyte)}"}`), tooLarge, false],
  ["a body without an end", endless({ bytes: 0 }), tooLarge, false],
  ["301", redirect(301), { _tag: "HttpStatusUnexpected", status: 301 }, false],
  ["302", redirect(302), { _tag: "HttpStatusUnexpected", status: 302 }, false],
  ["307", redirect(307), { _tag: "HttpStatusUnexpected", status: 307 }, false],
  ["308", redirect(308), { _tag: "HttpStatusUnexpected", status: 308 }, false],
  ["a success with 201", status(201, {}, `{"code":"200","data":true}`), { status: 201 }, false],
  ["a success with 500", status(500, {}, `{"code":"200","data":true}`), { status: 500 }, true],
  ["a refusal with 400", status(400, {}, `{"code":"1000000"}`), { status: 400 }, false],
  ["silence", never, { _tag: "RequestTimedOut", limit: "attemptTimeout" }, true],
  ["a beginning, then silence", stalled, { _tag: "RequestTimedOut", limit: "attemptTimeout" }, true],
  ["a byte at a time", dripping, { _tag: "RequestTimedOut", limit: "attemptTimeout" }, true],
  ["a reset", reset, { _tag: "TransportFailed" }, true],
  ["a reset within", resetInBody, { _tag: "TransportFailed" }, true]
]

/** Only what never comes is waited for briefly. */
const hasty = (expected: Readonly<Record<string, unknown>>) =>
  Policy.within({
    attemptTimeout: expected._tag === "RequestTimedOut" ? Duration.millis(300) : Duration.seconds(5),
    retries: 1,
    retryBase: Duration.millis(1),
    rates: {}
  })

/** Longer than any of these may take. */
const inTime = Effect.timeoutFail({ duration: "12 seconds", onTimeout: () => new Error("it hangs") })

describe("a vendor's answer that is none", () => {
  it.scopedLive.each(answers)("%s: its error, for each kind of operation", ([, reply, expected, again]) =>
    Effect.forEach(
      Object.entries(classes),
      ([safety, name]) =>
        Effect.gen(function* () {
          const server = yield* vendor({ [name]: reply })
          const result = yield* Effect.either(Effect.flatMap(Yunmo, calls[name])).pipe(
            hasty(expected),
            inTime,
            withClient(server.url)
          )
          const told = Either.isLeft(result)
            ? result.left
            : result.right instanceof Outcome.Unknown
              ? result.right.error
              : assert.fail(`${name} took it for an answer`)
          if (safety === "read" || safety === "idempotent") {
            hasFields(told, { operation: name, attempt: again ? 2 : 1, ...expected }, name)
            assert.strictEqual(server.of(name).length, again ? 2 : 1, `${name} is sent again`)
          } else {
            hasFields(told, { _tag: "OutcomeUnknown", operation: name, attempt: 1, code: undefined }, name)
            assert.strictEqual(Either.isLeft(result), safety === "keyed", name)
            assert.strictEqual(server.of(name).length, 1, `${name} is sent once`)
          }
          assert.strictEqual(operations[name].safety, safety)
          assert.notInclude(told.message, "Bad gateway")
          assert.isBelow(told.message.length, 1500)
        }),
      { concurrency: 3, discard: true }
    )
  )

  it.scopedLive("the type of the content is not looked at: an envelope is one under any", () =>
    Effect.gen(function* () {
      for (const type of ["text/html", "text/plain; charset=gbk", "application/octet-stream"]) {
        const server = yield* vendor({
          freezeCard: text(`{"code":"200","data":true}`, { "content-type": type })
        })
        assert.isTrue(
          (yield* Effect.flatMap(Yunmo, calls.freezeCard).pipe(withClient(server.url))) as boolean
        )
      }
    })
  )
})
