import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Sandbox from "../src/Sandbox.js"
import { merchantNo } from "./support/ids.js"
import { eventually, ok, receiver } from "./support/receiver.js"
import { Caller, inProcess, merchant, passedCustomer, withCaller } from "./support/vendor.js"

const fast = ["1 millis"] as const
const blank = Redacted.make(" ")

/** The first delivery, once it is in this state. */
const delivery = (status: "waiting" | "sending" | "acknowledged" | "abandoned") =>
  Effect.flatMap(Sandbox.Sandbox, ({ deliveries }) =>
    eventually(Effect.map(deliveries, ([first]) => (first?.status === status ? first : undefined)))
  )

describe("notifications over HTTP", () => {
  it.scopedLive("arrive as they were signed, and end with an acknowledgement", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const webhook = yield* receiver(ok)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      const { attempts, body, eventType, nextAttemptAt } = yield* delivery("acknowledged")
      assert.strictEqual(eventType, "KYC")
      assert.isUndefined(nextAttemptAt)
      assert.deepStrictEqual(
        attempts.map(({ answer, error, status }) => [status, answer, error]),
        [[200, "OK", undefined]]
      )
      assert.deepStrictEqual(
        webhook.received.map((request) => [request.body, request.contentType]),
        [[body, "application/json"]]
      )
      assert.notInclude(webhook.received[0]?.headers ?? [], "traceparent")
    }).pipe(Effect.provide(withCaller({ resend: fast })))
  )

  it.scopedLive("are sent again, the same to the byte, until they are acknowledged", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const webhook = yield* receiver(
        { status: 500, body: "sorry" },
        { status: 500, body: "x".repeat(300) },
        ok
      )
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      const { attempts } = yield* delivery("acknowledged")
      assert.deepStrictEqual(
        attempts.map(({ answer, status }) => [status, answer]),
        [
          [500, "sorry"],
          [500, "x".repeat(200)],
          [200, "OK"]
        ]
      )
      assert.strictEqual(new Set(webhook.received.map(({ body }) => body)).size, 1)
      yield* Effect.sleep("30 millis")
      assert.strictEqual(webhook.received.length, 3)
    }).pipe(Effect.provide(withCaller({ resend: fast })))
  )

  it.scopedLive("are sent ten times at most", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const webhook = yield* receiver({ status: 200, body: "not ok" })
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      assert.strictEqual((yield* delivery("abandoned")).attempts.length, 10)
      yield* Effect.sleep("30 millis")
      assert.strictEqual(webhook.received.length, 10)
    }).pipe(Effect.provide(withCaller({ resend: fast })))
  )

  it.scopedLive("are sent once when the options name no re-sends", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const webhook = yield* receiver({ status: 503, body: "" })
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      assert.strictEqual((yield* delivery("abandoned")).attempts.length, 1)
    }).pipe(Effect.provide(withCaller({ resend: [] })))
  )

  it.scopedLive("take nothing but the acknowledgement with HTTP 200 for one", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const webhook = yield* receiver(
        { status: 201, body: "OK" },
        { status: 200, body: "ok" },
        { status: 200, body: `"OK"` },
        { status: 200, body: "" },
        undefined,
        { status: 200, body: "z".repeat(100_000) },
        { status: 200, body: " OK\r\n" }
      )
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      const { attempts } = yield* delivery("acknowledged")
      assert.strictEqual(attempts.length, 7)
      assert.isString(attempts[4]?.error)
      assert.isUndefined(attempts[4]?.status)
      assert.isString(attempts[5]?.error)
    }).pipe(Effect.provide(withCaller({ resend: fast })))
  )

  it.scopedLive("wait for a callback URL, and go where the last one points", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      yield* passedCustomer("c-1")
      yield* passedCustomer("c-2")
      assert.strictEqual((yield* delivery("waiting")).attempts.length, 0)
      const gone = yield* receiver(ok)
      gone.close()
      yield* sandbox.setCallback({ url: gone.url })
      const refused = yield* eventually(
        Effect.map(sandbox.deliveries, ([first]) => first?.attempts[0]?.error)
      )
      assert.include(refused, "ECONNREFUSED")
      const webhook = yield* receiver(ok)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* delivery("acknowledged")
      yield* eventually(
        Effect.map(
          sandbox.deliveries,
          (all) => all.every(({ status }) => status === "acknowledged") || undefined
        )
      )
      assert.strictEqual(webhook.received.length, 2)
    }).pipe(Effect.provide(withCaller({ resend: ["20 millis"] })))
  )

  it.scopedLive("do not follow redirects, with a client that would", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const elsewhere = yield* receiver(ok)
      const webhook = yield* receiver({ status: 307, body: "", location: elsewhere.url }, ok)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      assert.deepStrictEqual(
        (yield* delivery("acknowledged")).attempts.map(({ status }) => status),
        [307, 200]
      )
      assert.deepStrictEqual(elsewhere.received, [])
    }).pipe(
      Effect.provide(
        Caller.layer.pipe(
          Layer.provideMerge(Sandbox.layerTest({ resend: fast })),
          Layer.provide(FetchHttpClient.layer)
        )
      )
    )
  )

  it.scopedLive("do not wait for a receiver that hangs with another notification", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const webhook = yield* receiver("silence", ok)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      yield* eventually(Effect.sync(() => webhook.received[0]))
      yield* passedCustomer("c-2")
      yield* eventually(
        Effect.map(sandbox.deliveries, ([, second]) => second?.status === "acknowledged" || undefined)
      )
      assert.strictEqual((yield* sandbox.deliveries)[0]?.status, "sending")
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("the schedule (PROPOSED)", () => {
  /** A network of its own: notes when each request was made, and never answers or always fails. */
  const network = (answer: "refused" | "silence") => {
    const times: Array<number> = []
    const client = HttpClient.make((request) =>
      Effect.gen(function* () {
        times.push(yield* Clock.currentTimeMillis)
        return answer === "silence"
          ? yield* Effect.never
          : yield* new HttpClientError.RequestError({ request, reason: "Transport", description: "refused" })
      })
    )
    return { times, layer: Layer.succeed(HttpClient.HttpClient, client) }
  }

  const withNetwork = (layer: Layer.Layer<HttpClient.HttpClient>, options: Partial<Sandbox.Options>) =>
    Caller.layer.pipe(Layer.provideMerge(Sandbox.layerTest(options)), Layer.provide(layer))

  it.scoped("waits 1, 2, 4, 8, 15 and then 30 seconds, ten sends in all", () => {
    const { layer, times } = network("refused")
    return Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      yield* sandbox.setCallback({ url: "http://localhost:9/" })
      yield* passedCustomer("c-1")
      for (let second = 0; second < 200; second++) {
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(
        times.map((time) => time / 1000),
        [0, 1, 3, 7, 15, 30, 60, 90, 120, 150]
      )
      const [only] = yield* sandbox.deliveries
      assert.strictEqual(only?.status, "abandoned")
      assert.deepStrictEqual(
        only?.attempts.map(({ at }) => at),
        times
      )
    }).pipe(Effect.provide(withNetwork(layer, {})))
  })

  it.scoped("gives an answer five seconds", () => {
    const { layer, times } = network("silence")
    return Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      yield* sandbox.setCallback({ url: "http://localhost:9/" })
      yield* passedCustomer("c-1")
      yield* TestClock.adjust("5 seconds")
      const [first] = yield* sandbox.deliveries
      assert.deepStrictEqual(first?.attempts, [
        { at: 0, status: undefined, answer: undefined, body: undefined, error: "no answer within 5s" }
      ])
      assert.strictEqual(first?.nextAttemptAt, 6000)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(times, [0, 6000])
    }).pipe(Effect.provide(withNetwork(layer, {})))
  })
})

describe("callbacks", () => {
  it.scoped("stay on this machine", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      for (const url of [
        "https://example.com/hook",
        "http://192.168.0.10/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "http://[2001:db8::1]/",
        "http://0.0.0.0/",
        "http://169.254.169.254/"
      ]) {
        const { message } = yield* Effect.flip(sandbox.setCallback({ url }))
        assert.include(message, "sends notifications to this machine only", url)
        assert.include(message, "allowRemoteCallbacks")
      }
      for (const url of ["", "localhost:8787", "file:///etc/passwd", "/notifications"]) {
        assert.match((yield* Effect.flip(sandbox.setCallback({ url }))).message, /is not an? /, url)
      }
      for (const url of [
        "http://127.0.0.1@example.com:1/",
        "http://user:CANARY@127.0.0.1:1/",
        "http://user@localhost:1/"
      ]) {
        const { message } = yield* Effect.flip(sandbox.setCallback({ url }))
        assert.match(message, /to this machine only|has a user or password in it/, url)
        assert.notInclude(message, "CANARY")
      }
      for (const url of [
        "http://localhost:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://127.0.0.1:1/",
        "http://127.1:1/",
        "https://[::1]:1/x?y=1"
      ]) {
        yield* sandbox.setCallback({ url })
      }
      const [{ callbackUrl } = {}] = (yield* sandbox.state).merchants
      assert.strictEqual(callbackUrl, "https://[::1]:1/x?y=1")
      const unknown = merchantNo("BU9")
      assert.include(
        (yield* Effect.flip(sandbox.setCallback({ url: "http://localhost:1/", merchantNo: unknown })))
          .message,
        "There is no merchant BU9"
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.scoped("leave it when the options say so, loudly", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      yield* sandbox.setCallback({ url: "https://example.com/hook" })
      assert.strictEqual((yield* sandbox.state).merchants[0]?.callbackUrl, "https://example.com/hook")
    }).pipe(Effect.provide(inProcess({ allowRemoteCallbacks: true })))
  )

  it.scoped("are checked in the options too, with everything else that is wrong there", () =>
    Effect.gen(function* () {
      const invalid = yield* Effect.flip(
        Layer.build(
          inProcess({
            merchants: [
              { ...merchant, callbackUrl: "https://example.com/hook" },
              { ...merchant, secretKey: Sandbox.development.control },
              { ...merchant, merchantNo: " BU3", apiKey: blank, secretKey: blank }
            ],
            control: blank
          })
        )
      )
      assert.strictEqual(invalid._tag, "SandboxInvalid")
      for (const part of [
        "example.com is not known to be it",
        `merchant ${merchant.merchantNo} is given twice`,
        `" BU3" is empty or has blanks`,
        "the API key of merchant  BU3 is empty",
        "the control credential is empty"
      ]) {
        assert.include(invalid.message, part)
      }
      const none = yield* Effect.flip(Layer.build(inProcess({ merchants: [] })))
      assert.include(none.message, "there is no merchant")
    })
  )
})
