/** Where a text stops being JSON. `JSON.parse` tells it on some engines only, and quotes the text in its sentence. */

const token =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy

type Wanted = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end"

/** What is wanted behind a token; undefined when the token does not belong there. `open` holds the brackets around it. */
const behind = (
  wanted: Wanted,
  mark: string | undefined,
  isText: boolean,
  open: Array<string>
): Wanted | undefined => {
  const isValue = wanted === "value" || wanted === "value or ]"
  switch (mark) {
    case undefined:
      return isValue ? ", or end" : isText && wanted !== ":" && wanted !== ", or end" ? ":" : undefined
    case "{":
    case "[":
      if (!isValue) {
        return undefined
      }
      open.push(mark)
      return mark === "{" ? "key or }" : "value or ]"
    case ":":
      return wanted === ":" ? "value" : undefined
    case ",":
      return wanted !== ", or end" || open.length === 0 ? undefined : open.at(-1) === "{" ? "key" : "value"
    default: {
      const [bracket, empty] = mark === "}" ? ["{", "key or }"] : ["[", "value or ]"]
      if (open.at(-1) !== bracket || (wanted !== ", or end" && wanted !== empty)) {
        return undefined
      }
      open.pop()
      return ", or end"
    }
  }
}

/** The offset of the first thing that does not belong there; the end of the text when that comes too early. */
export const jsonErrorAt = (text: string): number => {
  const open: Array<string> = []
  let wanted: Wanted = "value"
  for (let at = 0; ; at = token.lastIndex) {
    token.lastIndex = at
    const found = token.exec(text)
    const next: Wanted | undefined =
      found === null || (wanted === ", or end" && open.length === 0)
        ? undefined
        : behind(wanted, found[1], found[2] !== undefined, open)
    if (next === undefined) {
      const blanks = text.slice(at).search(/[^ \t\r\n]/)
      return blanks === -1 ? text.length : at + blanks
    }
    wanted = next
  }
}
