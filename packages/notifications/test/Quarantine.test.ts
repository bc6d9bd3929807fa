import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Quarantine from "../src/Quarantine.js"
import { bytes, dialects } from "./support.js"

const message = (text: string) => Redacted.make(bytes(text))

describe.each(dialects)("Quarantine on $name", ({ database }) => {
  const layer = (options?: Quarantine.Options) => Quarantine.layer(options).pipe(Layer.provide(database))

  it.effect("counts the same bytes on one row", () =>
    Effect.gen(function* () {
      const quarantine = yield* Quarantine.Quarantine
      yield* quarantine.put(message("a"), "SignMissing")
      yield* TestClock.setTime(9000)
      yield* quarantine.put(message("a"), "Mismatch")
      const [entry, ...others] = yield* quarantine.list(10)
      assert.lengthOf(others, 0)
      assert.deepInclude(entry, { reason: "Mismatch", deliveries: 2, receivedAt: 0, lastReceivedAt: 9000 })
      assert.strictEqual(yield* quarantine.count, 1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("keeps which merchant a message names, whatever it names", () =>
    Effect.gen(function* () {
      const quarantine = yield* Quarantine.Quarantine
      const endless = `BU\0${"9".repeat(5000)}`
      yield* quarantine.put(message("a"), "Mismatch")
      yield* quarantine.put(message("a"), "Mismatch", "BU078255558")
      yield* quarantine.put(message("a"), "Mismatch", endless)
      yield* quarantine.put(message("a"), "Mismatch", endless)
      const entries = yield* quarantine.list(10)
      assert.deepStrictEqual(
        entries.map(({ deliveries, merchantNo }) => [
          merchantNo.slice(0, 3),
          merchantNo.length < 200,
          deliveries
        ]),
        [
          ["BU\uFFFD", true, 2],
          ["BU0", true, 1],
          ["", true, 1]
        ]
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("drops the oldest beyond its bound", () =>
    Effect.gen(function* () {
      const quarantine = yield* Quarantine.Quarantine
      for (const text of ["a", "b", "c", "d", "e"]) {
        assert.isTrue(yield* quarantine.put(message(text), "Mismatch"))
      }
      const entries = yield* quarantine.list(10)
      assert.deepStrictEqual(
        entries.map(({ raw }) => new TextDecoder().decode(Redacted.value(Either.getOrThrow(raw)))),
        ["e", "d", "c"]
      )
      assert.strictEqual(yield* quarantine.count, 3)
    }).pipe(Effect.provide(layer({ maxRows: 3 })))
  )

  it.effect("does not keep what is too large", () =>
    Effect.gen(function* () {
      const quarantine = yield* Quarantine.Quarantine
      assert.isTrue(yield* quarantine.put(message("1234"), "Mismatch"))
      assert.isFalse(yield* quarantine.put(message("12345"), "Mismatch"))
      assert.strictEqual(yield* quarantine.count, 1)
    }).pipe(Effect.provide(layer({ maxBytes: 4 })))
  )

  it.effect("writes only so often in a second", () =>
    Effect.gen(function* () {
      const quarantine = yield* Quarantine.Quarantine
      const put = (text: string) => quarantine.put(message(text), "Mismatch")
      assert.deepStrictEqual(yield* Effect.forEach(["a", "b", "c", "d"], put), [true, true, false, false])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Effect.forEach(["c", "d", "e"], put), [true, true, false])
      assert.strictEqual(yield* quarantine.count, 4)
    }).pipe(Effect.provide(layer({ maxPerSecond: 2 })))
  )
})
