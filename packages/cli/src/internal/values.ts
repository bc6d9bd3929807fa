/** Values as a person writes them. */

import * as Control from "@effect-yunmo/sandbox/Control"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** `10 minutes`; nothing for what takes for ever, or is below zero, which would count as no time at all. */
export const duration = (text: string): Option.Option<Duration.Duration> =>
  text.trim().startsWith("-")
    ? Option.none()
    : Option.filter(Duration.decodeUnknown(text.trim()), Duration.isFinite)

export const durationExpected = 'a duration such as "10 minutes" or "250 millis"'

/** `1 second, 5 seconds`. */
export const durations = (text: string): Option.Option<ReadonlyArray<Duration.Duration>> =>
  Option.all(text.split(",").map(duration))

export const durationsExpected = 'durations with commas between, "1 second, 5 seconds" say'

/** ISO 8601 with a zone; a time without one would be another time on another machine. */
export const instant: (text: string) => Option.Option<DateTime.Utc> = Schema.decodeOption(Control.Instant)

export const instantExpected = "an instant with its zone such as 2026-03-01T09:30:00Z"

/** Nothing of what a terminal would take for a command. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\u{fffd}")
