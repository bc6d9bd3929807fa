/** What is counted and logged about each message. On the path of every notification, so what can be computed once is. */
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import type { Answer, Outcome } from "../Answer.js"
import type { Kind } from "../InboxRow.js"
import type { Surroundings } from "./ambient.js"

/** What one message came to: the answer, and what the log line says beside it. Nothing here is a value of `data`. */
export interface Result {
  readonly answer: Answer
  readonly kind?: Kind
  readonly details: Readonly<Record<string, string | number>>
}

export const received = Metric.counter("yunmo_notifications_received_total", {
  description: "Notifications that reached the receiver, by outcome and kind",
  incremental: true
})

export const verifiedByKey = Metric.counter("yunmo_notifications_verified_total", {
  description: "Notifications whose signature held, by merchant and the id of the key",
  incremental: true
})

export const keyLastUsed = Metric.gauge("yunmo_notifications_key_last_used_seconds", {
  description:
    "When a signature last held under this key, in seconds since 1970, by merchant and the id of the key"
})

const levels: Readonly<Record<Outcome, LogLevel.LogLevel>> = {
  kept: LogLevel.Debug,
  repeated: LogLevel.Info,
  setAside: LogLevel.Warning,
  unreadable: LogLevel.Warning,
  tooLarge: LogLevel.Warning,
  signatureInvalid: LogLevel.Warning,
  unknownMerchant: LogLevel.Warning,
  unavailable: LogLevel.Error
}

/** Computed once for each key: labelling a metric costs more than counting with it. */
const memoized = <A>(make: (first: string, second: string) => A): ((first: string, second: string) => A) => {
  const made = new Map<string, Map<string, A>>()
  return (first, second) => {
    let inner = made.get(first)
    if (inner === undefined) {
      inner = new Map()
      made.set(first, inner)
    }
    let value = inner.get(second)
    if (value === undefined) {
      value = make(first, second)
      inner.set(second, value)
    }
    return value
  }
}

/** Outcomes and kinds, merchants known here and the ids of their keys: few, and none of them taken from a forged message. */
const counterOf = memoized((outcome, kind) =>
  Metric.taggedWithLabels(received, [MetricLabel.make("outcome", outcome), MetricLabel.make("kind", kind)])
)
const keyMetricsOf = memoized((merchant, key) => {
  const labels = [MetricLabel.make("merchant", merchant), MetricLabel.make("key", key)]
  return {
    verified: Metric.taggedWithLabels(verifiedByKey, labels),
    lastUsed: Metric.taggedWithLabels(keyLastUsed, labels)
  }
})

/** Counts a message whose signature held. */
export const keyUsed = (merchantNo: string, keyId: string, { labels, now }: Surroundings): void => {
  const { lastUsed, verified } = keyMetricsOf(merchantNo, keyId)
  verified.unsafeUpdate(1, labels)
  lastUsed.unsafeUpdate(Math.floor(now() / 1000), labels)
}

/** Counts a message, and gives the line for the log, unless nobody would read it. */
export const account = (
  bytes: number,
  { answer, details, kind }: Result,
  { isLogged, labels }: Surroundings
): Effect.Effect<void> | undefined => {
  const { outcome, status } = answer
  counterOf(outcome, kind ?? "none").unsafeUpdate(1, labels)
  const level = levels[outcome]
  return isLogged(level)
    ? Effect.annotateLogs(Effect.logWithLevel(level, `Notification: ${outcome}`), {
        event: "notification",
        outcome,
        status,
        kind: kind ?? "none",
        bytes,
        ...details
      })
    : undefined
}
