/** Text of an export as it may stand in a report: on one line, of bounded length, with nothing a terminal would obey. */

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu
const longest = 120

const escaped = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`

export const show = (text: string): string => {
  const chars = [
    ...text
      .trim()
      .slice(0, 4 * longest)
      .replace(/[\t\r\n ]+/g, " ")
  ]
  const cut = chars.length > longest ? `${chars.slice(0, longest).join("")}…` : chars.join("")
  return cut.replace(unseen, escaped)
}

/** `a, b and c`, or `a, b and 7 more`. */
export const listed = (names: ReadonlyArray<string>, most = 8): string => {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`
}

/** One sentence part per text, the first of each kept. */
export const distinct = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]
