/** What is wrong with an input, each place named once. */

import * as ParseResult from "effect/ParseResult"

const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  )

/** Without the value, which may be long and is known to whoever gave it. */
const expectation = (message: string): string =>
  message
    .replace(/^Expected /, "expected ")
    .replace(/, actual [\s\S]*$/, "")
    .replace(/^Unable to decode .* into an? (.*)$/s, "expected a $1")
    // A schema that has a name or a description is told by it, which says nothing here.
    .replace(/^expected ReadonlyArray<.*>$/, "expected a list")
    .replace(/^expected (?:[A-Z]\w+|.*\.)$/s, "expected an object")
    .replace(
      /^is unexpected, expected: (.*)$/s,
      (_, known: string) => `is not known; known are ${list(known)}`
    )

const list = (alternatives: string): string => alternatives.replaceAll(" | ", ", ").replaceAll('"', "")

/** One text for each place: `calls[0].fault: expected "lost", "reset"`. */
export const of = (
  error: ParseResult.ParseError,
  nameOf: (path: string) => string = (path) => path
): ReadonlyArray<string> => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  // A field that may be absent is a union with nothing: that it is not absent is no news.
  const telling = issues.filter(({ message }) => !message.startsWith("Expected undefined, "))
  const places = new Map<string, Array<string>>()
  for (const { message, path } of telling.length === 0 ? issues : telling) {
    const place = pathText(path)
    const told = expectation(message)
    const others = places.get(place)
    if (others === undefined) {
      places.set(place, [told])
    } else if (!others.includes(told)) {
      others.push(told.replace(/^expected /, ""))
    }
  }
  return Array.from(places, ([place, [first = "", ...others]]) => {
    const told = [first, ...others].join(", ")
    return place === "" ? told : `${nameOf(place)}: ${told}`
  })
}
