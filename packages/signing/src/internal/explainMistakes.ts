import type { Field, RawMessage } from "../RawMessage.js"
import { encodings } from "./explainBytes.js"
import { type MistakeCode, sentences } from "./explainCodes.js"
import { type Writing, writings } from "./explainJson.js"
import * as Numbers from "./explainNumbers.js"
import { byCodeUnits, type Order, type Part, type Recipe, type Rewrite } from "./explainRecipe.js"

/** One way to make one mistake: what it is called, what to change, and where its recipe differs from the rules. */
export interface Variant {
  readonly code: MistakeCode
  readonly sentence: string
  readonly patch: Partial<Recipe>
}

const variant = (code: MistakeCode, patch: Partial<Recipe>, sentence = sentences[code]): Variant => ({
  code,
  sentence,
  patch
})

const nameOf = (blanks: string): string =>
  /[\r\n]/.test(blanks)
    ? "a line end"
    : blanks.includes("\t")
      ? "a tab"
      : /^ +$/.test(blanks)
        ? "a blank"
        : "an invisible character"

/** What stands around the secret where the message was signed. */
export const blanksThere = (before: string, after: string): Variant => {
  const parts = [
    ...(before === "" ? [] : [`${nameOf(before)} before`]),
    ...(after === "" ? [] : [`${nameOf(after)} after`])
  ]
  return variant(
    "SecretBlanksThere",
    { secret: (secret) => before + secret + after },
    `The message was signed with ${parts.join(" and ")} the secret; remove what stands around it where the signer gets its secret from.`
  )
}

const ifNumber =
  (format: Numbers.NumberFormat): Rewrite =>
  (text, field) =>
    field.kind === "number" ? format(text) : text

const ifNumeric =
  (format: Numbers.NumberFormat): Rewrite =>
  (text) =>
    Numbers.looksLikeNumber(text) ? format(text) : text

const formats = [
  Numbers.javaScriptNumber,
  Numbers.plainDecimal,
  Numbers.javaDouble,
  Numbers.pythonNumber,
  Numbers.pythonFloat
]

/** A whole requestTime is a long in every program, whatever it makes of the other numbers. */
const butTime =
  (rewrite: Rewrite): Rewrite =>
  (text, field, part) =>
    field.key === "requestTime" ? text : rewrite(text, field, part)

const time =
  (format: (digits: string) => string): Rewrite =>
  (text, field) =>
    field.key === "requestTime" && /^\d{4,}$/.test(text) ? format(text) : text

const booleans =
  (yes: string, no: string): Rewrite =>
  (text, field) =>
    field.kind === "boolean" ? (text === "true" ? yes : no) : text

const escapes: ReadonlyArray<(text: string) => string> = [
  encodeURIComponent,
  // As Java's URLEncoder and forms do it.
  (text) =>
    encodeURIComponent(text)
      .replaceAll("%20", "+")
      .replace(/[!'()~]/g, percent),
  // RFC 3986, as PHP's rawurlencode and most signing schemes have it.
  (text) => encodeURIComponent(text).replace(/[!'()*]/g, percent),
  encodeURI,
  // Python's quote, which leaves a slash.
  (text) =>
    encodeURIComponent(text)
      .replaceAll("%2F", "/")
      .replace(/[!'()*]/g, percent),
  (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase())
]

const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`

const html = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const comparing =
  (fold: (key: string) => string): Order =>
  (a, b) => {
    const [left, right] = [fold(a.key), fold(b.key)]
    return left < right ? -1 : left > right ? 1 : 0
  }

const collator = new Intl.Collator("en")

const blanksAround: ReadonlyArray<readonly [before: string, after: string]> = [
  ["", "\n"],
  ["", " "],
  [" ", ""],
  ["", "\r\n"],
  [" ", " "],
  ["\n", ""],
  ["", "\r"],
  ["", "\t"],
  ["\t", ""],
  ["\n", "\n"],
  ["\r\n", ""],
  ["", "  "],
  ["", "\n\n"],
  ["", " \n"],
  ["", "\u00a0"],
  ["\u00a0", ""],
  ["\ufeff", ""],
  ["", "\u200b"],
  ["\u200b", ""],
  ["", "\u0000"],
  ["", "\u3000"]
]

const quotes: ReadonlyArray<readonly [before: string, after: string]> = [
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
  ["<", ">"],
  ["“", "”"]
]

const secretNames = [
  "key",
  "secret",
  "secretKey",
  "appSecret",
  "app_secret",
  "secret_key",
  "signKey",
  "apiKey",
  "KEY"
]

const jsonWritings = (
  code: MistakeCode,
  patch: (writing: Writing) => Partial<Recipe>
): ReadonlyArray<Variant> => writings.map((writing) => variant(code, patch(writing)))

const rewritten: ReadonlyArray<Variant> = [
  ...formats.flatMap((format) => [
    variant("NumbersReformatted", { number: ifNumber(format) }),
    variant("NumbersReformatted", { number: butTime(ifNumber(format)) }),
    variant("NumbersReformatted", { number: ifNumeric(format) }),
    variant("NumbersReformatted", { number: butTime(ifNumeric(format)) })
  ]),
  ...[2, 1, 4, 3].map((decimals) =>
    variant("BodyReserialised", { number: butTime(ifNumber(Numbers.padded(decimals))) })
  )
]

/** The mistakes that can be told without looking at the message; `known` are the keys that a signer may have kept to. */
export const variantsFor = (known: ReadonlyArray<string> | undefined): ReadonlyArray<Variant> => [
  variant("TokenIncluded", { token: true }),
  variant("EmptyValuesKept", { empties: { null: "", blank: "" } }),
  variant("EmptyValuesKept", { empties: { null: "null", blank: "" } }),
  variant("EmptyValuesKept", { empties: { null: "null", blank: undefined } }),
  variant("EmptyValuesKept", { empties: { null: undefined, blank: "" } }),
  variant("EmptyValuesKept", { empties: { null: "", blank: undefined } }),
  variant("EmptyValuesKept", { empties: { null: "None", blank: "" } }),
  variant("EmptyValuesKept", { empties: { null: "None", blank: undefined } }),
  variant("EmptyValuesKept", { empties: { null: "undefined", blank: "" } }),
  ...blanksAround.map(([before, after]) => blanksThere(before, after)),
  ...(known === undefined
    ? []
    : [
        variant("UnknownFieldsDropped", { takes: (_: Part, key: string) => known.includes(key) }),
        variant("UnknownFieldsDropped", {
          takes: (part: Part, key: string) => part === "envelope" || known.includes(key)
        })
      ]),
  ...rewritten,
  variant("EmptyDataHidesEnvelope", { collision: "dataHides" }),
  variant("EmptyDataHidesEnvelope", { collision: "envelopeHides" }),
  ...jsonWritings("DataAsJson", (writing) => ({ data: { _tag: "Json", writing } })),
  variant("DataPrefixed", { data: { _tag: "Prefixed", name: (key) => `data.${key}` } }),
  variant("DataPrefixed", { data: { _tag: "Prefixed", name: (key) => `data[${key}]` } }),
  variant("DataPrefixed", { data: { _tag: "Prefixed", name: (key) => `data_${key}` } }),
  variant("DataLeftOut", { takes: (part) => part === "envelope" }),
  variant("EnvelopeLeftOut", { takes: (part) => part === "data" }),
  ...secretNames.map((name) =>
    variant("SecretAsPair", { place: (text, secret) => `${text}&${name}=${secret}` })
  ),
  ...secretNames.map((name) =>
    variant("SecretAsPair", { place: (text, secret) => `${text}${name}=${secret}` })
  ),
  variant("AmpersandBeforeSecret", { place: (text, secret) => `${text}&${secret}` }),
  variant("SecretFirst", { place: (text, secret) => secret + text }),
  variant("SecretFirst", { place: (text, secret) => `${secret}&${text}` }),
  variant("SecretFirst", { place: (text, secret) => secret + text + secret }),
  variant("SecretMissing", { place: (text) => text }),
  ...quotes.map(([before, after]) =>
    variant("SecretQuoted", { secret: (secret) => before + secret + after })
  ),
  variant("SecretCaseChanged", { secret: (secret) => secret.toLowerCase() }),
  variant("SecretCaseChanged", { secret: (secret) => secret.toUpperCase() }),
  variant("HmacInsteadOfSuffix", { algorithm: "hmacMd5", place: (text) => text }),
  variant("HmacInsteadOfSuffix", { algorithm: "hmacMd5" }),
  variant("KeysSortedWithoutCase", { order: comparing((key) => key.toLowerCase()) }),
  variant("KeysSortedWithoutCase", { order: comparing((key) => key.toUpperCase()) }),
  variant("KeysUnsorted", { order: "stands" }),
  variant("KeysUnsorted", { order: "envelopeFirst" }),
  variant("KeysUnsorted", { order: "dataFirst" }),
  variant("KeysUnsorted", { order: "parts" }),
  variant("KeysUnsorted", { order: "partsDataFirst" }),
  variant("KeysSortedOtherwise", { order: (a, b) => collator.compare(a.key, b.key) }),
  variant("KeysSortedOtherwise", { order: (a, b) => byCodeUnits(b, a) }),
  variant("KeysSortedOtherwise", {
    order: (a, b) => byCodeUnits({ ...a, key: `${a.key}=${a.text}` }, { ...b, key: `${b.key}=${b.text}` })
  }),
  variant("KeysSortedOtherwise", {
    order: (a, b) => byCodeUnits({ ...a, key: a.text }, { ...b, key: b.text })
  }),
  variant("KeysSortedOtherwise", { order: (a, b) => a.key.length - b.key.length || byCodeUnits(a, b) }),
  ...escapes.flatMap((escape) => [
    variant("ValuesUrlEncoded", { escape }),
    variant("ValuesUrlEncoded", { escape, escapeKey: escape }),
    variant("ValuesUrlEncoded", { text: escape })
  ]),
  variant("ValuesEscaped", { escape: html }),
  variant("ValuesEscaped", { escape: (text) => JSON.stringify(text).slice(1, -1) }),
  variant("ValuesEscaped", {
    value: (text, field) => (field.kind === "string" ? JSON.stringify(text) : text)
  }),
  variant("ValuesTrimmed", { value: (text) => text.trim() }),
  variant("BooleansReformatted", { boolean: booleans("True", "False") }),
  variant("BooleansReformatted", { boolean: booleans("1", "0") }),
  variant("BooleansReformatted", { boolean: booleans("1", "") }),
  variant("BooleansReformatted", { boolean: booleans("true", "") }),
  variant("InputCaseChanged", { inputCase: (input) => input.toUpperCase() }),
  variant("InputCaseChanged", { text: (text) => text.toUpperCase() }),
  variant("InputCaseChanged", { inputCase: (input) => input.toLowerCase() }),
  variant("InputCaseChanged", { text: (text) => text.toLowerCase() }),
  variant("SignIncluded", { sign: "" }),
  variant("SignIncluded", { sign: "null" }),
  variant("SignIncluded", { sign: "undefined" }),
  variant("SignIncluded", { dataUnsigned: true }),
  variant("RequestTimeUnit", { time: time((digits) => digits.slice(0, -3)) }),
  variant("RequestTimeUnit", { time: time((digits) => `${digits}000`) }),
  variant("RequestTimeUnit", { time: time((digits) => `${digits.slice(0, -3)}000`) }),
  variant("RequestTimeUnit", { time: time((digits) => `${digits.slice(0, -3)}.${digits.slice(-3)}`) }),
  ...(["slice", "leaves", "leavesUnprefixed"] as const).map((nested) =>
    variant("NestedWrittenOtherwise", { nested })
  ),
  ...jsonWritings("NestedWrittenOtherwise", (nested) => ({ nested })),
  variant("CollisionSettledOtherwise", { collision: "bothDataFirst" }),
  ...encodings.map((encoding) => variant("NotUtf8", { encoding })),
  variant("NotUtf8", { text: (text) => text.normalize("NFC") }),
  variant("NotUtf8", { text: (text) => text.normalize("NFD") }),
  ...["", ",", ";", "|", "\n", "&&"].map((separator) =>
    variant("PairsJoinedOtherwise", {
      join: (pairs) => pairs.map(({ key, text }) => `${key}=${text}`).join(separator)
    })
  ),
  variant("PairsJoinedOtherwise", { join: (pairs) => pairs.map(({ key, text }) => key + text).join("") }),
  variant("PairsJoinedOtherwise", {
    join: (pairs) => pairs.map(({ key, text }) => `${key}:${text}`).join("&")
  }),
  variant("PairsJoinedOtherwise", { join: (pairs) => pairs.map(({ text }) => text).join("") }),
  variant("PairsJoinedOtherwise", { join: (pairs) => pairs.map(({ text }) => text).join("&") }),
  variant("PairsJoinedOtherwise", { text: (text) => `&${text}` }),
  variant("PairsJoinedOtherwise", { text: (text) => `?${text}` }),
  ...(["data", "message", "messageWithoutToken"] as const).flatMap((of) =>
    jsonWritings("BodyAsJson", (writing) => ({ data: { _tag: "JsonAlone", writing, of } }))
  ),
  ...(["md5Twice", "md5Middle", "md5Base64", "sha1", "sha256", "hmacSha256"] as const).map((algorithm) =>
    variant("OtherHash", { algorithm })
  ),
  variant("OtherHash", { algorithm: "hmacSha256", place: (text) => text })
]

/** With more numbers than these, the same is taken to have happened to one of them or to a few. */
const productBound = 3
const choiceBound = 5

/** The mistakes about single fields of this message: numbers that changed their form on the way, or one field left out. */
export const fieldVariants = (
  message: RawMessage,
  signed: ReadonlyArray<{ readonly part: Part; readonly key: string }>
): ReadonlyArray<Variant> => {
  const isNumber = (field: Field): boolean => field.kind === "number" && field.key !== "requestTime"
  const numbers = [...message.envelope, ...message.data].filter(isNumber)
  const keys = numbers.map(({ key }) => key)
  const before = [...[2, 1, 4, 3].map(Numbers.padded), ...Numbers.exponentials]
  return [
    ...choices(keys).flatMap((chosen) =>
      formats.map((format) => variant("NumbersReformatted", { number: only(chosen, format) }))
    ),
    ...(numbers.length > productBound
      ? choices(keys).flatMap((chosen) =>
          before.map((format) => variant("BodyReserialised", { number: only(chosen, format) }))
        )
      : product(numbers.map(({ text }) => [...new Set([text, ...before.map((format) => format(text))])])).map(
          (literals) =>
            variant("BodyReserialised", {
              number: (text, field) =>
                field.kind === "number" ? (literals[keys.indexOf(field.key)] ?? text) : text
            })
        )),
    ...signed.map((left) =>
      variant("FieldLeftOut", { takes: (part, key) => part !== left.part || key !== left.key })
    )
  ]
}

/** Every way to take one of each. */
const product = (all: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> => {
  let ways: ReadonlyArray<ReadonlyArray<string>> = [[]]
  for (const each of all) {
    ways = ways.flatMap((way) => each.map((one) => [...way, one]))
  }
  return ways
}

const only =
  (keys: ReadonlyArray<string>, format: Numbers.NumberFormat): Rewrite =>
  (text, field) =>
    field.kind === "number" && keys.includes(field.key) ? format(text) : text

/** Smaller choices first. */
const choices = (keys: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  if (keys.length > choiceBound) {
    return keys.map((key) => [key])
  }
  let all: ReadonlyArray<ReadonlyArray<string>> = [[]]
  for (const key of keys) {
    all = [...all, ...all.map((choice) => [...choice, key])]
  }
  return all.filter((choice) => choice.length > 0).sort((a, b) => a.length - b.length)
}
