import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import * as Digest from "../src/Digest.js"
import * as KeyRing from "../src/KeyRing.js"
import * as ResponseSignature from "../src/ResponseSignature.js"
import * as Signer from "../src/Signer.js"
import * as SigningKey from "../src/SigningKey.js"
import * as Verifier from "../src/Verifier.js"

const canary = "CANARYa8f31c"
const token = "TOKENCANARY77"
const value = "VALUECANARY42"
const secretKey = SigningKey.make("key-1", canary)

/** Everything a program might print of a value. */
const prints = (shown: unknown): string =>
  [
    inspect(shown, { depth: null, showHidden: true, getters: true }),
    String(shown),
    JSON.stringify(shown, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item)),
    shown instanceof Error ? `${shown.message}\n${shown.stack}` : "",
    Exit.isExit(shown) && Exit.isFailure(shown) ? Cause.pretty(shown.cause, { renderErrorCause: true }) : ""
  ].join("\n")

const assertSilent = (shown: unknown): void => {
  const text = prints(shown)
  for (const secret of [canary, token, value]) {
    assert.notInclude(text, secret)
  }
}

const ring = KeyRing.layer({ signing: secretKey, accepted: [SigningKey.make("key-0", `${canary}-old`)] })

describe("secrets never show", () => {
  it.effect("in keys and rings", () =>
    Effect.gen(function* () {
      assertSilent(secretKey)
      assertSilent(yield* KeyRing.KeyRing)
    }).pipe(Effect.provide(ring))
  )

  it.effect.each([`${canary}\n`, ` ${canary}`, `${canary}\u200b`])(
    "in the errors of the secret %j",
    (secret) =>
      Effect.gen(function* () {
        const given = yield* Effect.exit(
          Layer.build(KeyRing.layer({ signing: SigningKey.make("k", secret) }))
        )
        assert.isTrue(Exit.isFailure(given))
        assertSilent(given)
        const configured = yield* Layer.build(
          KeyRing.layerConfig({
            secretKey: Config.redacted("SECRET"),
            accepted: Config.array(Config.redacted(), "ACCEPTED")
          })
        ).pipe(
          Effect.withConfigProvider(
            ConfigProvider.fromMap(
              new Map([
                ["SECRET", secret],
                ["ACCEPTED", `${canary},,${canary}`]
              ])
            )
          ),
          Effect.exit
        )
        assert.isTrue(Exit.isFailure(configured))
        assertSilent(configured)
        const signed = yield* Effect.exit(
          Signer.signWith(SigningKey.make("k", secret), { envelope: {}, data: { a: value } })
        )
        assert.isTrue(Exit.isFailure(signed))
        assertSilent(signed)
      }).pipe(Effect.scoped)
  )

  it.effect("in what the signer gives, refuses, logs and traces", () =>
    Effect.gen(function* () {
      const spans: Array<unknown> = []
      const lines: Array<unknown> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        },
        context: (run) => run()
      })
      const logger = Logger.make((entry) => {
        lines.push(entry.message, Cause.pretty(entry.cause), entry.annotations)
      })
      yield* Effect.gen(function* () {
        const signer = yield* Signer.Signer
        const signed = yield* signer.sign({
          envelope: { merchantNo: "BU1" },
          data: { pin: value },
          token: Redacted.make(token)
        })
        assert.include(Redacted.value(signed.body), token)
        assert.include(Redacted.value(signed.body), value)
        assertSilent(signed)
        yield* Effect.log("signed", signed)
        for (const data of [{ a: [value] }, { a: `${value}\ud83d` }, { a: { b: [`${value}\udc00`] } }]) {
          const refused = yield* Effect.exit(
            signer.sign({ envelope: { merchantNo: value }, data, token: Redacted.make(token) })
          )
          assert.isTrue(Exit.isFailure(refused))
          assertSilent(refused)
          if (Exit.isFailure(refused)) {
            yield* Effect.logError("refused", refused.cause)
          }
        }
      }).pipe(
        Effect.provide(Layer.provide(Signer.layer, ring)),
        Effect.withTracer(tracer),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.strictEqual(spans.length, 4)
      assert.strictEqual(lines.length, 3 * 4)
      assertSilent(spans)
      assertSilent(lines)
    })
  )

  it.effect("in what the verifier gives and refuses", () =>
    Effect.gen(function* () {
      const verifier = yield* Verifier.Verifier
      const signed = yield* Signer.signWith(secretKey, {
        envelope: { merchantNo: "BU1" },
        data: { pan: value },
        token: Redacted.make(token)
      })
      const body = Redacted.value(signed.body)
      assertSilent(yield* verifier.verify(body))
      const other = body.replace("BU1", "BU2")
      for (const raw of [
        other,
        body.slice(0, -1),
        body.replace('"pan"', `"sign":"","pan"`),
        `${body}${value}`,
        body.replace(/"sign":"\w+"/, `"sign":"${value}"`)
      ]) {
        const refused = yield* Effect.exit(verifier.verify(raw))
        assertSilent(refused)
        if (raw === other) {
          assert.isTrue(Exit.isFailure(refused))
        }
      }
    }).pipe(Effect.provide(Layer.provide(Verifier.layer, ring)))
  )

  it("in what is ambiguous, and in responses", () => {
    const text = `${value}&x=1`
    const raw = `{"sign":"${Digest.make(text, canary)}","token":"${token}","data":{"${value}&x":"1"}}`
    // Twice: the second time along the layout that was learned, if there is one.
    for (let time = 0; time < 2; time++) {
      const verified = Either.getOrThrow(Verifier.verifyWith([secretKey], raw))
      assert.strictEqual(verified.ambiguity.length, 1)
      assertSilent(verified)
      assertSilent(verified.message)
      assertSilent(Verifier.verifyWith([secretKey], raw, { ambiguity: "refuse" }))
      for (const setting of ResponseSignature.responseSignatures) {
        assertSilent(ResponseSignature.check(setting, [secretKey], raw))
        assertSilent(ResponseSignature.check(setting, [secretKey], raw.replace("1", "2")))
        assertSilent(ResponseSignature.check(setting, [secretKey], `${raw}${value}`))
      }
    }
  })
})
