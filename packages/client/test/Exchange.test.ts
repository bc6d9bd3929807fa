import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Exchange from "../src/Exchange.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { withClient } from "./support/client.js"
import { offering } from "./support/exchange.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { prints } from "./support/shows.js"

const url = "http://127.0.0.1:9"
const answered = (fields: object): Exchange.Reply => ({
  _tag: "Answered",
  body: new TextEncoder().encode(JSON.stringify({ code: "200", msg: "", timestamp: 1, ...fields }))
})
const login = answered({ data: { token: "token-of-the-test" } })

/** Logs in, and freezes as told. */
const through = (freezing: Exchange.Exchange) =>
  withClient(url, {
    http: offering((request, done) => {
      if (request.url.endsWith("/auth/login")) {
        done(login)
        return () => {}
      }
      return freezing(request, done)
    })
  })

const freeze = Effect.flatMap(Yunmo, ({ cards }) => cards.freeze({ cardId: Id.cardId }))
const once = Policy.within({ retries: 0, attemptTimeout: Duration.millis(100) })

describe("an exchange", () => {
  it("is offered by the very client, and by none that was made of it", () => {
    const exchange: Exchange.Exchange = () => () => {}
    const client = HttpClient.make(() => Effect.never)
    assert.isTrue(Option.isNone(Exchange.of(client)))
    assert.strictEqual(Exchange.offer(client, exchange), client)
    assert.strictEqual(Option.getOrThrow(Exchange.of(client)), exchange)
    const changed = HttpClient.mapRequest(client, (request) => request)
    assert.isTrue(Option.isNone(Exchange.of(changed)))
  })

  it.scopedLive("gets the address, the body and the limit, and may answer at once", () =>
    Effect.gen(function* () {
      const requests: Array<Exchange.Request> = []
      const answer = freeze.pipe(
        Policy.within({ maxResponseBytes: 1000 }),
        through((request, done) => {
          requests.push(request)
          done(answered({ data: true }))
          return () => {}
        })
      )
      assert.isTrue(yield* answer)
      const [request] = requests
      assert(request !== undefined)
      hasFields(request, { url: `${url}/card/freeze`, maxBytes: 1000 })
      hasFields(JSON.parse(request.body), { token: "token-of-the-test", data: { cardId: Id.cardId } })
    })
  )

  it.scopedLive("is given up after the attempt's time, and once only; what it says then is not heard", () =>
    Effect.gen(function* () {
      const given: { up: number; late?: () => void } = { up: 0 }
      const error = yield* Effect.flip(freeze).pipe(
        once,
        through((_, done) => {
          given.late = () => done(answered({ data: true }))
          return () => {
            given.up += 1
          }
        })
      )
      given.late?.()
      hasFields(error, { _tag: "RequestTimedOut", limit: "attemptTimeout", timeout: 100, attempt: 1 })
      assert.strictEqual(given.up, 1)
    })
  )

  it.scopedLive("is not given up after it has answered", () =>
    Effect.gen(function* () {
      const given = { up: 0 }
      const call = freeze.pipe(
        once,
        Effect.zipLeft(Effect.sleep("200 millis")),
        through((_, done) => {
          setTimeout(() => done(answered({ data: true })), 1)
          return () => {
            given.up += 1
          }
        })
      )
      assert.isTrue(yield* call)
      assert.strictEqual(given.up, 0)
    })
  )

  it.scopedLive("is given up when the call is interrupted", () =>
    Effect.gen(function* () {
      const given = { up: 0 }
      const call = freeze.pipe(
        through(() => () => {
          given.up += 1
        })
      )
      const fiber = yield* Effect.fork(call)
      yield* Effect.sleep("50 millis")
      const exit = yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isInterrupted(exit))
      assert.strictEqual(given.up, 1)
    })
  )

  it.scopedLive("that says it is lost while it is given up was out of time all the same", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(freeze).pipe(
        once,
        through((_, done) => () => done({ _tag: "Lost", cause: new Error("aborted") }))
      )
      hasFields(error, { _tag: "RequestTimedOut", limit: "attemptTimeout" })
    })
  )

  it.scopedLive("that throws when it is given up ends the call, not the process", () =>
    Effect.gen(function* () {
      const throwing: Exchange.Exchange = (request) => () => {
        throw new TypeError(request.body)
      }
      const late = yield* Effect.exit(freeze).pipe(once, through(throwing))
      assert.isTrue(Exit.isFailure(late))
      assert.include(prints(late), "The HttpClient died (TypeError) while it sent freezeCard")
      assert.notInclude(prints(late), "token-of-the-test")

      const given = { up: 0 }
      const interrupted = yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(freeze)
        yield* Effect.sleep("50 millis")
        return yield* Fiber.interrupt(fiber)
      }).pipe(
        through((request) => () => {
          given.up += 1
          throw new TypeError(request.body)
        })
      )
      assert.strictEqual(given.up, 1)
      assert.isTrue(Exit.isInterrupted(interrupted))
      assert.notInclude(prints(interrupted), "token-of-the-test")
    })
  )

  it.scopedLive("that throws is a defect that shows nothing of the request", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(freeze).pipe(
        once,
        through((request) => {
          throw new TypeError(request.body)
        })
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.include(prints(exit), "The HttpClient died (TypeError) while it sent freezeCard")
      assert.notInclude(prints(exit), "token-of-the-test")
    })
  )

  it.scopedLive("that loses an answer shows a system's code of what it lost it by, and nothing else", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("token-of-the-test"), { code: "ECONNRESET" })
      const error = yield* Effect.flip(freeze).pipe(
        once,
        through((_, done) => {
          done({ _tag: "Lost", cause })
          return () => {}
        })
      )
      hasFields(error, { _tag: "TransportFailed" })
      assert.include(error.message, "Transport (ECONNRESET)")
      assert.notInclude(prints(error), "token-of-the-test")
    })
  )
})
