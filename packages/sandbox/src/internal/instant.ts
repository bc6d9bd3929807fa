import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

const form = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Whether a text that begins with a date names a day that there is: JavaScript reads February 30 as March 2. */
export const isDay = (text: string): boolean => {
  const [date] = /^\d{4}-\d\d-\d\d/.exec(text) ?? []
  return (
    date === undefined ||
    Option.exists(DateTime.make(`${date}T00:00:00Z`), (day) => DateTime.formatIsoDateUtc(day) === date)
  )
}

/** ISO 8601 with a zone, or a day in UTC: a time without a zone would be another time on another machine. */
export const read = (text: string): Option.Option<DateTime.Utc> =>
  form.test(text) && isDay(text) ? Option.map(DateTime.make(text), DateTime.toUtc) : Option.none()
