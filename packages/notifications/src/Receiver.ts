/**
 * From the bytes of a notification to the answer for the vendor, independent of any server: limits, signature, inbox row, `OK`.
 *
 * Never fails: whatever happens is an answer. `OK` is given only after the row is committed. A verified message that cannot be
 * decoded, or is of a kind nobody knows, is kept, set aside and answered with `OK` (a refusal would burn the vendor's ten
 * tries). Nothing is refused for its age: the vendor's schedule of re-sends is not known.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-yunmo/schema/Contract"
import type { VerifiedMessage } from "@effect-yunmo/signing/Verifier"
import { Verifier } from "@effect-yunmo/signing/Verifier"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Redacted from "effect/Redacted"
import type { Answer, Outcome } from "./Answer.js"
import * as Defect from "./Defect.js"
import { Inbox } from "./Inbox.js"
import type { Kind } from "./InboxRow.js"
import { textAnswer } from "./internal/answers.js"
import { classify, envelopeText } from "./internal/classify.js"
import { Quarantine } from "./Quarantine.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface ReceiverService {
  /** Takes the body exactly as it came: not parsed, not decoded, not decompressed by anything in between. */
  readonly receive: (raw: Uint8Array) => Effect.Effect<Answer>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Receiver extends Context.Tag("@effect-yunmo/notifications/Receiver")<
  Receiver,
  ReceiverService
>() {}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The merchant numbers that are ours. A message that names another is refused, whatever its signature. */
  readonly merchantNos: ReadonlyArray<string>
  /** What a 503 tells the vendor to wait; 5 seconds when not given. */
  readonly retryAfter?: Duration.DurationInput | undefined
}

/**
 * How many messages came, by `outcome` and `kind` (`none` when the message was not decoded).
 *
 * @since 0.1.0
 * @category metrics
 */
export const received = Metric.counter("yunmo_notifications_received_total", {
  description: "Notifications that reached the receiver, by outcome and kind",
  incremental: true
})

/**
 * How many messages verified, by the `key` that matched: tells when an old key was last used during a rotation.
 *
 * @since 0.1.0
 * @category metrics
 */
export const verifiedByKey = Metric.counter("yunmo_notifications_verified_total", {
  description: "Notifications whose signature held, by the id of the key",
  incremental: true
})

/** What one message came to: the answer, and what the log line says beside it. Nothing here is a value of `data`. */
interface Result {
  readonly answer: Answer
  readonly kind?: Kind
  readonly details: Readonly<Record<string, string | number>>
}

const levels: Readonly<Record<Outcome, "Info" | "Warning" | "Error">> = {
  kept: "Info",
  repeated: "Info",
  setAside: "Warning",
  unreadable: "Warning",
  tooLarge: "Warning",
  signatureInvalid: "Warning",
  unknownMerchant: "Warning",
  unavailable: "Error"
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<ReceiverService, never, Verifier | Inbox | Quarantine> =>
  Effect.gen(function* () {
    const verifier = yield* Verifier
    const inbox = yield* Inbox
    const quarantine = yield* Quarantine
    const contract = yield* Contract.Contract
    const ours = new Set(options.merchantNos)
    const seconds = Math.max(1, Math.ceil(Duration.toSeconds(options.retryAfter ?? "5 seconds")))

    const unavailable = (reason: string): Result => ({
      answer: textAnswer("unavailable", 503, "The notification could not be kept; send it again.", {
        "Retry-After": String(seconds)
      }),
      details: { reason }
    })

    const isolate = (raw: Uint8Array, reason: string) =>
      quarantine.put(Redacted.make(raw), reason).pipe(
        Effect.map((kept) => (kept ? "kept" : "notKept")),
        // The answer is the same; the vendor sends again what is genuine.
        Effect.catchTag("InboxUnavailable", () => Effect.succeed("unavailable"))
      )

    const keep = Effect.fnUntraced(function* (raw: Uint8Array, verified: VerifiedMessage) {
      const { keyId, message } = verified
      yield* Metric.increment(Metric.tagged(verifiedByKey, "key", keyId))
      const merchantNo = envelopeText(message, "merchantNo")
      if (!ours.has(merchantNo)) {
        const result: Result = {
          answer: textAnswer("unknownMerchant", 401, "The message is not for a merchant known here."),
          details: { keyId, quarantine: yield* isolate(raw, "UnknownMerchant") }
        }
        return result
      }
      const row = yield* classify(contract, merchantNo, verified, raw)
      const { _tag, id } = yield* inbox.keep(row)
      const outcome = _tag === "Repeated" ? "repeated" : row.setAside === undefined ? "kept" : "setAside"
      const result: Result = {
        answer: textAnswer(outcome, 200, contract.acknowledgement),
        kind: row.kind,
        details: {
          id,
          merchantNo,
          keyId,
          ...(verified.nested === "none" ? {} : { nested: verified.nested }),
          ...(verified.collision === "none" ? {} : { collision: verified.collision }),
          ...(row.setAside === undefined ? {} : { reason: row.setAside })
        }
      }
      return result
    })

    // Verify first, decode after: what is decoded can only be had from a verified message.
    const decide = (raw: Uint8Array): Effect.Effect<Result> =>
      verifier.verify(raw).pipe(
        Effect.flatMap((verified) => keep(raw, verified)),
        Effect.catchTags({
          UnreadableMessage: ({ position, reason }) =>
            Effect.succeed<Result>({
              answer:
                reason === "TooLarge"
                  ? textAnswer("tooLarge", 413, `The body is larger than ${position} bytes.`)
                  : textAnswer(
                      "unreadable",
                      400,
                      `The body cannot be read: ${reason} at position ${position}.`
                    ),
              details: { reason, position }
            }),
          SignatureInvalid: ({ reason }) =>
            Effect.map(
              isolate(raw, reason),
              (where): Result => ({
                answer: textAnswer("signatureInvalid", 401, "The signature does not hold."),
                details: { reason, quarantine: where }
              })
            ),
          InboxUnavailable: ({ reason }) => Effect.succeed(unavailable(reason))
        }),
        // A bug, here or in a driver, must not become an OK, nor a hanging connection.
        Effect.catchAllDefect((defect) =>
          Effect.as(
            Effect.logError(`The receiver met a defect: ${Defect.describe(defect)}`),
            unavailable("a defect, logged beside this line")
          )
        )
      )

    const receive = Effect.fn("Receiver.receive")(function* (raw: Uint8Array) {
      const { answer, details, kind = "none" } = yield* decide(raw)
      const { outcome, status } = answer
      yield* Metric.increment(
        Metric.taggedWithLabels(received, [
          MetricLabel.make("outcome", outcome),
          MetricLabel.make("kind", kind)
        ])
      )
      yield* Effect.annotateCurrentSpan({ outcome, kind })
      yield* log(outcome, { event: "notification", outcome, status, kind, bytes: raw.byteLength, ...details })
      return answer
    })

    return { receive }
  })

const log = (
  outcome: Outcome,
  annotations: Readonly<Record<string, string | number>>
): Effect.Effect<void> => {
  const message = `Notification: ${outcome}`
  const level = levels[outcome]
  const line =
    level === "Info"
      ? Effect.logInfo(message)
      : level === "Warning"
        ? Effect.logWarning(message)
        : Effect.logError(message)
  return Effect.annotateLogs(line, annotations)
}

/**
 * @example
 * ```ts
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
 * import * as Receiver from "@effect-yunmo/notifications/Receiver"
 * import * as Verifier from "@effect-yunmo/signing/Verifier"
 * import * as Layer from "effect/Layer"
 *
 * // Needs a SqlClient and the merchant's KeyRing.
 * const receiver = Receiver.layer({ merchantNos: ["BU078255558"] }).pipe(
 *   Layer.provide([Inbox.layer, Quarantine.layer(), Verifier.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Receiver, never, Verifier | Inbox | Quarantine> =>
  Layer.effect(Receiver, make(options))
