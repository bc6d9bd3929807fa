import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { type JsonObject, type RawMessage, read } from "../src/RawMessage.js"
import * as SigningKey from "../src/SigningKey.js"
import document from "./vectors.json" with { type: "json" }

/** How often a long property is tried: a twentieth as often for each of the thousands of changes of a mutation test. */
export const runs = (many: number): number =>
  process.env.STRYKER_MUTATOR_WORKER === undefined ? many : Math.ceil(many / 20)

export const secret = "1111111111111111"
export const key = SigningKey.make("test", secret)

export interface Vector {
  readonly name: string
  readonly provenance: string
  readonly secret: string
  readonly message: string
  readonly text: string
  readonly digest: string
  readonly nested: "none" | "omit" | "compactJson" | "javaToString" | "commaJoin"
  readonly collision: "none" | "dataWins" | "envelopeWins" | "both"
}

const isOneOf = <A extends string>(values: ReadonlyArray<A>, value: string): value is A =>
  values.some((one) => one === value)

/** The file is data for any language; this says that its policies are ours. */
export const vectors: ReadonlyArray<Vector> = document.vectors.map((vector) => {
  const { collision, nested, ...rest } = vector
  if (
    !isOneOf(["none", "omit", "compactJson", "javaToString", "commaJoin"], nested) ||
    !isOneOf(["none", "dataWins", "envelopeWins", "both"], collision)
  ) {
    throw new Error(`vectors.json names an unknown policy in "${vector.name}"`)
  }
  return { ...rest, nested, collision }
})

export const readOrFail = (input: string | Uint8Array): RawMessage => {
  const result = read(input)
  if (result._tag === "Unreadable") {
    throw new Error(`${result.reason} at ${result.position}: ${result.detail}`)
  }
  return result.message
}

export const bodyOf = (signed: { readonly body: Redacted.Redacted<string> }): string =>
  Redacted.value(signed.body)

/** Keys as a vendor writes them, and some that are awkward. None that the signer or the reader treats specially. */
export const fieldKey = FastCheck.oneof(
  FastCheck.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
  FastCheck.constantFrom("10", "9", "toString", "hasOwnProperty", "客户", "a b")
).filter(
  (name) =>
    ![
      "sign",
      "token",
      "data",
      "nonce",
      "requestTime",
      "constructor",
      "prototype",
      "__proto__",
      "merchantNo",
      "version",
      "toJSON"
    ].includes(name)
)

const wellFormedText = FastCheck.string({ unit: "grapheme", maxLength: 12 })

/** A value that is signed: neither empty nor refused. */
export const signedValue = FastCheck.oneof(
  wellFormedText.filter((text) => text.trim() !== ""),
  FastCheck.integer(),
  FastCheck.boolean()
)

/** Fields of `data`, some of them empty. */
export const dataFields: FastCheck.Arbitrary<JsonObject> = FastCheck.dictionary(
  fieldKey,
  FastCheck.oneof(
    { weight: 4, arbitrary: signedValue },
    { weight: 1, arbitrary: FastCheck.constantFrom(null, "") }
  ),
  { maxKeys: 12, noNullPrototype: true }
)
