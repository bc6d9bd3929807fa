import { randomBytes } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Photo from "../src/Photo.js"
import { Yunmo } from "../src/Yunmo.js"
import { withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { prints } from "./support/shows.js"
import { code, ok, type Received, vendor } from "./support/vendor.js"

describe("a photo", () => {
  it.effect.prop(
    "is read in any chunks, into the base64 of the whole",
    [FastCheck.array(FastCheck.uint8Array({ maxLength: 40 }), { minLength: 1 })],
    ([chunks]) =>
      Effect.gen(function* () {
        const whole = Buffer.concat(chunks)
        const photo = yield* Effect.either(Photo.fromStream(Stream.fromIterable(chunks)))
        assert.strictEqual(
          photo._tag === "Right" ? Redacted.value(photo.right) : photo.left.reason,
          whole.length === 0 ? "Empty" : whole.toString("base64")
        )
      })
  )

  it.effect("is given up as soon as it is too large", () =>
    Effect.gen(function* () {
      let read = 0
      const endless = Stream.repeatEffect(
        Effect.sync(() => {
          read += 1
          return new Uint8Array(1000)
        })
      )
      const error = yield* Effect.flip(Photo.fromStream(endless, { maxBytes: 4500 }))
      hasFields(error, { _tag: "PhotoInvalid", reason: "TooLarge", maxBytes: 4500 })
      assert.include(error.message, "more than 4500 bytes")
      assert.strictEqual(read, 5)
      const exact = yield* Photo.fromStream(Stream.make(new Uint8Array(4500)), { maxBytes: 4500 })
      assert.lengthOf(Redacted.value(exact), 6000)
      hasFields(yield* Effect.flip(Photo.fromStream(Stream.empty)), { reason: "Empty" })
      hasFields(yield* Effect.flip(Photo.fromStream(Stream.fail({ reason: "disk" } as const))), {
        reason: "disk"
      })
    })
  )

  it.scopedLive("of 5 MB on each side is sent whole, and no answer brings a piece of it back", () =>
    Effect.gen(function* () {
      const bytes = randomBytes(5 * 1024 * 1024)
      const chunks = Stream.range(0, 79).pipe(Stream.map((n) => bytes.subarray(n * 65_536, (n + 1) * 65_536)))
      const photo = yield* Photo.fromStream(chunks)
      const sent = bytes.toString("base64")
      assert.isTrue(Redacted.value(photo) === sent)
      const piece = sent.slice(4_000_000, 4_000_200)
      const echo = (received: Received) => code("1000001", `${received.message.data["idFrontPhoto"]}`)
      const server = yield* vendor({
        submitKyc: (received, nth) =>
          nth === 0 ? ok(true) : nth === 1 ? code("1000001", `photo ${piece} is bad`) : echo(received)
      })
      yield* Effect.gen(function* () {
        const { kyc } = yield* Yunmo
        const submit = kyc.submit({ ...Id.kyc(), idFrontPhoto: photo, idBackPhoto: photo })
        assert.isTrue(yield* submit)
        const [received] = server.of("submitKyc")
        assert.isTrue(received?.message.data["idFrontPhoto"] === sent)
        assert.isTrue(received?.message.data["idBackPhoto"] === sent)
        const refused = yield* Effect.flip(submit)
        hasFields(refused, { _tag: "IdentityPhotoAbnormal", vendorMessage: "photo <redacted> is bad" })
        // An answer with the whole photo in it is larger than any answer may be.
        const lost = yield* Effect.flip(submit)
        hasFields(lost, { _tag: "OutcomeUnknown" })
        for (const error of [refused, lost]) {
          const shown = prints(error)
          assert.isBelow(shown.length, 20_000)
          assert.isFalse(shown.includes(piece.slice(0, 16)) || shown.includes(sent.slice(0, 16)))
        }
      }).pipe(withClient(server.url))
    })
  )
})
