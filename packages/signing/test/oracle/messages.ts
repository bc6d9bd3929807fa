/** Messages for a second opinion: JSON texts written as no serialiser of JavaScript would write them. */
import * as FastCheck from "effect/FastCheck"
import { fieldKey } from "../support.js"

const nestedPolicies = ["omit", "compactJson", "javaToString", "commaJoin"] as const
const collisionPolicies = ["dataWins", "envelopeWins", "both"] as const
export const policies = nestedPolicies.flatMap((nested) =>
  collisionPolicies.map((collision) => ({ nested, collision }))
)

const text = FastCheck.string({ unit: "grapheme", maxLength: 10 })
/** JSON texts of a value, written as no serialiser of JavaScript would. */
const scalar = FastCheck.oneof(
  { weight: 4, arbitrary: text.map((content) => JSON.stringify(content)) },
  {
    weight: 2,
    arbitrary: text.map(
      (content) =>
        `"${Array.from({ length: content.length }, (_, at) => `\\u${content.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`
    )
  },
  {
    weight: 2,
    arbitrary: FastCheck.constantFrom(
      "null",
      '""',
      "true",
      "false",
      '"a&b=c"',
      '"H&M"',
      '"\\/\\b\\f\\u0000\u007f\u2028"'
    )
  },
  {
    weight: 3,
    arbitrary: FastCheck.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?$/)
  }
)
const blank = FastCheck.constantFrom("", "", "", " ", "\n\t", "\r\n  ")

const object = (value: FastCheck.Arbitrary<string>, key = fieldKey): FastCheck.Arbitrary<string> =>
  FastCheck.tuple(
    FastCheck.uniqueArray(FastCheck.tuple(key, value), { selector: ([name]) => name, maxLength: 6 }),
    blank
  ).map(
    ([members, gap]) =>
      `{${gap}${members.map(([name, one]) => `${JSON.stringify(name)}${gap}:${gap}${one}`).join(`${gap},`)}${gap}}`
  )
const list = (value: FastCheck.Arbitrary<string>): FastCheck.Arbitrary<string> =>
  FastCheck.tuple(FastCheck.array(value, { maxLength: 4 }), blank).map(
    ([items, gap]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`
  )
// JavaScript's objects have keys like "10" first; what is signed has them where they stand, so they are drawn as well.
const inner = FastCheck.oneof(scalar, object(scalar), list(scalar))
const value = FastCheck.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: object(inner) },
  { weight: 1, arbitrary: list(inner) }
)

const anyKey = FastCheck.oneof(
  { weight: 5, arbitrary: fieldKey },
  {
    weight: 2,
    arbitrary: FastCheck.constantFrom(
      "sign",
      "token",
      "nonce",
      "merchantNo",
      "eventType",
      "a",
      "A",
      "aB",
      "ab",
      "😀",
      "\uffff",
      "a&b",
      "a=b",
      ""
    )
  }
)

export const message = FastCheck.tuple(
  FastCheck.uniqueArray(FastCheck.tuple(anyKey, value), { selector: ([name]) => name, maxLength: 8 }),
  FastCheck.option(object(value, anyKey), { nil: undefined }),
  FastCheck.nat(8),
  blank
).map(([envelope, data, at, gap]) => {
  const members = envelope.map(([name, one]) => `${gap}${JSON.stringify(name)}:${one}`)
  const all = data === undefined ? members : members.toSpliced(at, 0, `"data":${gap}${data}`)
  return `{${all.join(",")}${gap}}`
})

const secrets = ["1111111111111111", "s3cr3t", "密钥", "&a=b", "x".repeat(64)]

/** The same messages for the same seed. */
export const tasksOf = (seed: number, count: number) =>
  FastCheck.sample(message, { numRuns: count, seed }).map((one, index) => ({
    message: one,
    secret: secrets[index % secrets.length] ?? ""
  }))
