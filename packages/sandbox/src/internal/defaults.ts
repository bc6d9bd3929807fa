import type * as Duration from "effect/Duration"

export const defaultResend: ReadonlyArray<Duration.DurationInput> = [
  "1 second",
  "2 seconds",
  "4 seconds",
  "8 seconds",
  "15 seconds",
  "30 seconds"
]
