import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as CanonicalText from "../CanonicalText.js"
import * as Digest from "../Digest.js"
import type { Cause, Explanation, Mistake, UnsignedField } from "../Explain.js"
import type { Field, Limits, RawMessage } from "../RawMessage.js"
import type { SigningKey } from "../SigningKey.js"
import type { CollisionMatch, NestedMatch } from "../Verifier.js"
import * as Verifier from "../Verifier.js"
import { acceptedCodes, type MistakeCode, sentences } from "./explainCodes.js"
import type { Variant } from "./explainMistakes.js"
import { type Pair, type Part, pairsOf, standard } from "./explainRecipe.js"
import {
  baseDigest,
  baseText,
  type CleanKey,
  changedKeys,
  cleanKeys,
  type Hit,
  type Policy,
  search
} from "./explainSearch.js"
import { describeKey } from "./key.js"
import { collisionOrder, nestedOrder } from "./verification.js"

interface Settings {
  readonly exempt: ReadonlyArray<string>
  readonly known: ReadonlyArray<string> | undefined
  readonly limits: Partial<Limits> | undefined
  readonly maxCharacters: number
  readonly maxDigests: number
}

/** What stands in place of a secret; its length says nothing. */
export const mask = "<secret>"

export const explanation = (
  message: RawMessage,
  keys: ReadonlyArray<SigningKey>,
  settings: Settings
): Explanation => {
  const { exempt } = settings
  const clean = cleanKeys(keys)
  const verdict = Verifier.verifyWith(keys, message.text, { exempt, limits: settings.limits })
  const verified = Either.getOrUndefined(verdict)
  const policies = policiesOf(message, exempt)
  const [first = { nested: "none", collision: "none" }] = policies
  const policy = verified === undefined ? first : { nested: verified.nested, collision: verified.collision }
  const sign = message.envelope.find(({ key }) => key === "sign")
  const literal = sign?.kind === "string" ? sign.text.trim() : ""
  const found =
    literal === ""
      ? { hits: [], digests: 0, complete: true }
      : search({ ...settings, message, keys: clean, policies, literal, received: literal.toLowerCase() })
  const masked = masking(keys, clean)
  const text = baseText(message, exempt, policy)
  const pairs = pairsOf(message, exempt, { ...standard, ...recipePolicy(policy) })
  return {
    verdict: Either.isRight(verdict)
      ? "Verified"
      : verdict.left._tag === "SignatureInvalid"
        ? verdict.left.reason
        : "SignMissing",
    keyId: verified?.keyId,
    nested: policy.nested,
    collision: policy.collision,
    ambiguity: [...new Set((verified?.ambiguity ?? []).map(({ reason }) => reason))],
    text: Redacted.make(masked(text)),
    signed: pairs.map(({ key }) => masked(describeKey(key))),
    unsigned: unsignedOf(message, exempt, pairs).map((field) => ({
      ...field,
      key: masked(describeKey(field.key))
    })),
    expected: clean.map(({ id, secret }) => ({ keyId: id, digest: baseDigest(text, secret) })),
    received: isShown(literal) ? literal : undefined,
    causes: found.hits.flatMap((hit) => causeOf(hit, { message, exempt, clean, sign, masked })),
    digestsTried: found.digests,
    complete: found.complete
  }
}

/** In the verifier's order; one policy when the message leaves nothing open, and each text once. */
const policiesOf = (message: RawMessage, exempt: ReadonlyArray<string>): ReadonlyArray<Policy> => {
  const hasNested = CanonicalText.make(message, { exempt, collision: "both" })._tag === "Refused"
  const hasCollision = CanonicalText.make(message, { exempt, nested: "omit" })._tag === "Refused"
  const nested: ReadonlyArray<NestedMatch> = hasNested ? nestedOrder : ["none"]
  const collision: ReadonlyArray<CollisionMatch> = hasCollision ? collisionOrder : ["none"]
  const texts = new Set<string>()
  return nested
    .flatMap((style) => collision.map((winner): Policy => ({ nested: style, collision: winner })))
    .filter((policy) => {
      const text = baseText(message, exempt, policy)
      const isNew = !texts.has(text)
      texts.add(text)
      return isNew
    })
}

const recipePolicy = ({ collision, nested }: Policy) => ({
  nested: nested === "none" ? standard.nested : nested,
  collision: collision === "none" ? standard.collision : collision
})

/** Anything else that stands where a signature should could be a card number. */
const isShown = (text: string): boolean =>
  Digest.isDigest(text) || /^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/.test(text)

/** In one pass, so that what was masked is not looked at again; the longest first, as one may be a part of another. */
const masking = (
  keys: ReadonlyArray<SigningKey>,
  clean: ReadonlyArray<CleanKey>
): ((text: string) => string) => {
  const given = [...keys.map(({ secret }) => Redacted.value(secret)), ...clean.map(({ secret }) => secret)]
  const secrets = [...new Set(given.filter((secret) => secret.trim() !== ""))].sort(
    (a, b) => b.length - a.length
  )
  if (secrets.length === 0) {
    return (text) => text
  }
  const any = new RegExp(
    secrets.map((secret) => secret.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"),
    "g"
  )
  return (text) => text.replace(any, mask)
}

const unsignedOf = (
  message: RawMessage,
  exempt: ReadonlyArray<string>,
  pairs: ReadonlyArray<Pair>
): ReadonlyArray<UnsignedField> => {
  const signed = new Set(pairs.map(({ key, part }) => JSON.stringify([part, key])))
  const why = (field: Field): UnsignedField["why"] => {
    if (field.key === "sign" || field.key === "token") {
      return field.key
    }
    if (exempt.includes(field.key)) {
      return "exempt"
    }
    return field.text === "" ? "empty" : pairs.some(({ key }) => key === field.key) ? "collision" : "nested"
  }
  const of = (part: Part, fields: ReadonlyArray<Field>): ReadonlyArray<UnsignedField> =>
    fields
      .filter(({ key }) => !signed.has(JSON.stringify([part, key])))
      .map((field) => ({ part, key: field.key, why: why(field) }))
  return [...of("envelope", message.envelope), ...of("data", message.data)]
}

/** The mistakes that are about some fields, and not about how all of them are written. */
const codesWithFields: ReadonlyArray<MistakeCode> = [
  "EmptyValuesKept",
  "UnknownFieldsDropped",
  "NumbersReformatted",
  "BodyReserialised",
  "EmptyDataHidesEnvelope",
  "ValuesUrlEncoded",
  "ValuesEscaped",
  "ValuesTrimmed",
  "BooleansReformatted",
  "NestedWrittenOtherwise",
  "CollisionSettledOtherwise",
  "FieldLeftOut"
]

interface Context {
  readonly message: RawMessage
  readonly exempt: ReadonlyArray<string>
  readonly clean: ReadonlyArray<CleanKey>
  readonly sign: Field | undefined
  readonly masked: (text: string) => string
}

/** Nothing for a message that is as it should be. */
const causeOf = (
  { key, policy, variants }: Hit,
  { clean, exempt, masked, message, sign }: Context
): ReadonlyArray<Cause> => {
  const fieldsOf = (variant: Variant): ReadonlyArray<string> =>
    codesWithFields.includes(variant.code)
      ? changedKeys(message, exempt, policy, variant).map((name) => masked(describeKey(name)))
      : []
  const changes = (dimension: "secret" | "nested" | "collision"): boolean =>
    variants.some(({ patch }) => Object.hasOwn(patch, dimension))
  const besides: ReadonlyArray<readonly [MistakeCode, boolean]> = [
    ["SecretBlanksHere", key.around !== undefined && !changes("secret")],
    ["SignHasBlanks", sign !== undefined && sign.text !== sign.text.trim()],
    ["OtherKey", key !== clean[0]],
    ["NestedPolicy", policy.nested !== "none" && !changes("nested")],
    ["CollisionPolicy", policy.collision !== "none" && !changes("collision")],
    ["DigestUpperCase", sign !== undefined && Digest.isDigest(sign.text.trim()) && /[A-F]/.test(sign.text)]
  ]
  const mistakes = [
    ...variants.map((variant) => mistake(variant.code, variant.sentence, fieldsOf(variant))),
    ...besides.flatMap(([code, holds]) => (holds ? [mistake(code, sentences[code], [])] : []))
  ]
  return mistakes.length === 0 ? [] : [{ keyId: key.id, mistakes }]
}

const mistake = (code: MistakeCode, sentence: string, fields: ReadonlyArray<string>): Mistake => ({
  code,
  sentence,
  fields,
  accepted: acceptedCodes.includes(code)
})
