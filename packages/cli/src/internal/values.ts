/** Values as a person writes them. */

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** `10 minutes`; nothing for what takes for ever. */
export const duration = (text: string): Option.Option<Duration.Duration> =>
  Option.filter(Duration.decodeUnknown(text.trim()), Duration.isFinite)

export const durationExpected = 'a duration such as "10 minutes" or "250 millis"'

/** `1 second, 5 seconds`. */
export const durations = (text: string): Option.Option<ReadonlyArray<Duration.Duration>> =>
  Option.all(text.split(",").map(duration))

/** ISO 8601 with a zone; a time without one would be another time on another machine. */
export const instant = (text: string): Option.Option<DateTime.Utc> =>
  /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Option.map(DateTime.make(text), DateTime.toUtc)
    : Option.none()

export const instantExpected = "an instant with its zone such as 2026-03-01T09:30:00Z"

/** Nothing of what a terminal would take for a command. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\u{fffd}")
