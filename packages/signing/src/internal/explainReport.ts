import * as Redacted from "effect/Redacted"
import type { Comparison, Explanation, Mistake } from "../Explain.js"
import type { JsonObject } from "../RawMessage.js"
import { firstDifference, keyOf, type Row } from "./explainCompare.js"
import { mask } from "./explainMessage.js"
import { describeKey } from "./key.js"

const verdicts: Readonly<Record<Explanation["verdict"], string>> = {
  Verified: "The signature holds",
  Mismatch: "The signature does not match.",
  SignMissing: "The message has no `sign`, or an empty one.",
  SignNotText: "The message's `sign` is not a JSON string.",
  SignMalformed: "The message's `sign` is not 32 hexadecimal characters.",
  NoUsableKey: "No key given here can be used as it is: its secret is empty or has blanks around it.",
  Ambiguous: "The signature holds, but other messages are signed alike."
}

const whys = {
  sign: "never signed",
  token: "never signed",
  empty: "empty",
  exempt: "exempt",
  nested: "nested, left out",
  collision: "the other value of the key is signed"
}

export const format = (explanation: Explanation, showText: boolean): string => {
  const { causes, expected, received, signed, unsigned, verdict } = explanation
  const how =
    verdict === "Verified"
      ? ` under key ${explanation.keyId ?? ""}, nested values: ${explanation.nested}, keys in both parts: ${explanation.collision}.`
      : ""
  const lines = [
    `${verdicts[verdict]}${how}`,
    ...(explanation.ambiguity.length === 0
      ? []
      : [`Other messages could be signed alike: ${explanation.ambiguity.join(", ")}.`]),
    "",
    "By the rules this is signed:",
    showText
      ? `  ${printable(Redacted.value(explanation.text))}${mask}`
      : `  the fields ${listed(signed)}, then the secret`,
    ...unsigned.map(({ key, part, why }) => `  not signed: ${part}.${key} (${whys[why]})`),
    "",
    ...expected.map(({ digest, keyId }) => `expected  ${digest}  (key ${keyId})`),
    `received  ${received ?? (verdict === "SignMissing" ? "nothing" : "no digest")}`,
    "",
    ...(causes.length === 0
      ? [nothingFound(explanation)]
      : causes.flatMap(({ keyId, mistakes }) => causeLines(keyId, mistakes)))
  ]
  return `${lines.join("\n")}\n`
}

const listed = (keys: ReadonlyArray<string>): string => (keys.length === 0 ? "(none)" : keys.join(", "))

const causeLines = (keyId: string, mistakes: ReadonlyArray<Mistake>): ReadonlyArray<string> => {
  const isCause = mistakes.some((mistake) => !mistake.accepted)
  const count = mistakes.filter((mistake) => !mistake.accepted).length
  return [
    isCause
      ? `${count > 1 ? "These together make" : "This makes"} the received digest (key ${keyId}):`
      : `Worth knowing (key ${keyId}):`,
    ...mistakes.map(({ code, fields, sentence }) => `  ${code}: ${sentence}${fieldsText(fields)}`)
  ]
}

const shownFields = 8

const fieldsText = (fields: ReadonlyArray<string>): string => {
  const more = fields.length - shownFields
  return fields.length === 0
    ? ""
    : ` Fields: ${fields.slice(0, shownFields).join(", ")}${more > 0 ? ` and ${more} more` : ""}.`
}

const nothingFound = ({ complete, digestsTried, expected, verdict }: Explanation): string => {
  if (verdict === "Verified") {
    return "Nothing about it is remarkable."
  }
  if (expected.length === 0 || verdict === "SignMissing" || verdict === "SignNotText") {
    return "There is nothing to search for."
  }
  const bound = complete ? "" : " The search ended at its bound."
  return `None of the known mistakes, alone or two together, makes the received digest (${digestsTried} digests tried).${bound} Usual causes that leave no trace are the secret of another merchant or environment, and a message that was changed after it was signed; compare the signer's own text with the one above.`
}

export const toJson = (explanation: Explanation, showText: boolean): JsonObject => {
  const {
    ambiguity,
    causes,
    collision,
    complete,
    digestsTried,
    expected,
    keyId,
    nested,
    received,
    signed,
    unsigned,
    verdict
  } = explanation
  return {
    verdict,
    keyId: keyId ?? null,
    nested,
    collision,
    ambiguity,
    ...(showText ? { text: `${Redacted.value(explanation.text)}${mask}` } : {}),
    signed,
    unsigned: unsigned.map(({ key, part, why }) => ({ part, key, why })),
    expected: expected.map(({ digest, keyId }) => ({ keyId, digest })),
    received: received ?? null,
    causes: causes.map(({ keyId, mistakes }) => ({
      keyId,
      mistakes: mistakes.map(({ accepted, code, fields, sentence }) => ({ code, accepted, sentence, fields }))
    })),
    digestsTried,
    complete
  }
}

/** Line ends and control characters would let a message write lines of its own into a report. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)

export const formatComparison = (comparison: Comparison, showText: boolean): string => {
  const rows = Redacted.value(comparison.rows)
  if (comparison.equal) {
    return `The texts are the same, ${rows.length} pairs.\n`
  }
  const { keys, position } = comparison
  const shown = rows.map(({ left, right }) => ({ left: cell(left, showText), right: cell(right, showText) }))
  const width = Math.min(60, Math.max(4, ...shown.map(({ left }) => left.length)))
  const firstAt = rows.findIndex(({ left, right }) => left !== right)
  const lines = shown.flatMap((row, index) => {
    const differs = rows[index]?.left !== rows[index]?.right
    const line = `${differs ? "!" : " "} ${row.left.padEnd(width)} | ${row.right}`
    return index === firstAt && showText ? [line, pointer(rows[index])] : [line]
  })
  return `The texts differ from character ${position ?? 0} on, at ${where(keys)}.\n\n  ${"left".padEnd(width)} | right\n${lines.join("\n")}\n`
}

const cell = (pair: string | undefined, showText: boolean): string => {
  if (pair === undefined) {
    return ""
  }
  return showText ? printable(pair) : pair.includes("=") ? `${describeKey(keyOf(pair))}=…` : "…"
}

/** Under the first character in which the two pairs differ, where there are two. */
const pointer = (row: Row | undefined): string => {
  const left = row?.left ?? ""
  const right = row?.right ?? ""
  const at = firstDifference(left, right) ?? 0
  return `  ${" ".repeat(printable(left.slice(0, at)).length)}^ first difference`
}

const where = ([left, right]: Comparison["keys"]): string =>
  left === right
    ? `${left ?? "the end"}`
    : `${left ?? "the end"} on the left, ${right ?? "the end"} on the right`
