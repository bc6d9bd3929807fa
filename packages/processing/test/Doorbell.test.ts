import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Database from "@effect-yunmo/node/Database"
import * as DatabaseChoice from "@effect-yunmo/node/DatabaseChoice"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Child from "@effect-yunmo/test-support/Child"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Dispatcher } from "../src/Dispatcher.js"
import { inDatabase, Place } from "./database.js"
import {
  eventually,
  merchantNo,
  notify,
  processing,
  quiet,
  receiver,
  stateOf,
  threeDs,
  trade,
  vendor
} from "./support.js"

/** Whatever is handled within the patience of a test was not found by looking. */
const pollInterval = Duration.minutes(10)

const done = (id: number) => eventually(Effect.map(stateOf(id), (state) => state === "handled"))

const nothing = () => Effect.succeed(Effect.void)

describe("a dispatcher that seldom looks", () => {
  const inProcess = (bell: Layer.Layer<never>) =>
    receiver.pipe(
      Layer.provideMerge(
        processing({ dispatcher: { pollInterval }, handlers: () => ({ trade: nothing, kyc: nothing }) })
      ),
      Layer.provideMerge(vendor()),
      Layer.provideMerge(inDatabase),
      Layer.provide(bell),
      Layer.provideMerge(quiet)
    )

  it.scopedLive("handles a kept row at once in its own process, in both of its loops", () =>
    Effect.gen(function* () {
      const { run } = yield* Dispatcher
      yield* Effect.forkScoped(run)
      yield* Effect.sleep("200 millis")
      for (const round of [1, 2, 3]) {
        yield* done(yield* notify("TRADE", trade({ orderNo: `OR${round}` })))
        yield* done(yield* notify("_3DS", threeDs({ authId: `TDS${round}` })))
      }
    }).pipe(Effect.provide(inProcess(Doorbell.layerMemory)))
  )

  it.scopedLive("handles what was kept before it began, and nothing after without a doorbell", () =>
    Effect.gen(function* () {
      const before = [yield* notify("TRADE", trade({ orderNo: "OR0" })), yield* notify("_3DS", threeDs())]
      const { run } = yield* Dispatcher
      yield* Effect.forkScoped(run)
      yield* Effect.forEach(before, done)
      const after = yield* notify("TRADE", trade({ orderNo: "OR1" }))
      yield* Effect.sleep("1 second")
      assert.strictEqual(yield* stateOf(after), "pending")
    }).pipe(Effect.provide(inProcess(Layer.empty)))
  )

  it.scopedLive("handles at once what another process keeps on the same database", () =>
    Effect.gen(function* () {
      const place = yield* Place
      const main = fileURLToPath(new URL("fixtures/dispatch.ts", import.meta.url))
      const other = yield* Child.start({ entry: main, args: [place], env: {} })
      yield* Child.announced(other, (line) => (line === "ready" ? Option.some(line) : Option.none()))
      assert.strictEqual(other.stderr(), "")
      for (const round of [1, 2, 3]) {
        yield* done(yield* notify("TRADE", trade({ orderNo: `OR${round}` })))
        yield* done(yield* notify("_3DS", threeDs({ authId: `TDS${round}` })))
      }
      const inbox = yield* Inbox.Inbox
      assert.lengthOf(yield* inbox.list({ state: "handled" }), 6)
      assert.isTrue((yield* inbox.list({})).every((row) => row.merchantNo === merchantNo))
    }).pipe(
      // The process ends before the folder of its database goes.
      Effect.scoped,
      Effect.provide(
        receiver.pipe(
          Layer.provideMerge(Inbox.layer),
          Layer.provideMerge(
            Layer.unwrapEffect(
              Effect.map(Place, (place) => Database.layer(Either.getOrThrow(DatabaseChoice.fromText(place))))
            )
          ),
          Layer.provideMerge(Place.layer),
          Layer.provideMerge(quiet)
        )
      )
    )
  )
})
