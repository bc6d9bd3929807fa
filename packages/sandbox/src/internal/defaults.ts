import type * as Duration from "effect/Duration"

export const defaultResend: ReadonlyArray<Duration.DurationInput> = [
  "1 second",
  "2 seconds",
  "4 seconds",
  "8 seconds",
  "15 seconds",
  "30 seconds"
]

/** Acknowledged notifications; a thousand of them take about two megabytes. */
export const defaultKeepDeliveries = 100_000
