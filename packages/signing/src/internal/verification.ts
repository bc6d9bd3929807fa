import type { Ambiguity } from "../Ambiguity.js"
import { isDigest } from "../Digest.js"
import type { Field, RawMessage, Unreadable } from "../RawMessage.js"
import { read } from "../RawMessage.js"
import type { CollisionMatch, NestedMatch, Options } from "../Verifier.js"
import { findAmbiguities } from "./ambiguity.js"
import { type Collected, collect, isEmptyAt, render, walkedText } from "./canonical.js"
import { md5, sameDigest } from "./digest.js"
import { learn } from "./layouts.js"
import { foundOf } from "./message.js"
import type { Walked } from "./walk.js"

/** A key whose secret has been taken out of its wrapping, for the length of one call; only those with a usable secret. */
export interface PlainKey {
  readonly id: string
  readonly secret: string
}

/** How a message was found to hold. */
export interface Facts {
  readonly message: RawMessage
  readonly keyId: string
  readonly nested: NestedMatch
  readonly collision: CollisionMatch
  readonly ambiguity: ReadonlyArray<Ambiguity>
}

/** The order in which what the vendor leaves open is tried. */
export const nestedOrder: ReadonlyArray<Exclude<NestedMatch, "none">> = [
  "omit",
  "compactJson",
  "javaToString",
  "commaJoin"
]
export const collisionOrder: ReadonlyArray<Exclude<CollisionMatch, "none">> = [
  "dataWins",
  "envelopeWins",
  "both"
]

export const invalidReasons = [
  "SignMissing",
  "SignNotText",
  "SignMalformed",
  "NoUsableKey",
  "Mismatch",
  "Ambiguous"
] as const
export type InvalidReason = (typeof invalidReasons)[number]

export type Outcome =
  | { readonly _tag: "Verified"; readonly facts: Facts }
  | {
      readonly _tag: "Invalid"
      readonly reason: InvalidReason
      readonly textsTried: number
      readonly ambiguity: ReadonlyArray<Ambiguity>
    }
  | Unreadable

export const verification = (
  keys: ReadonlyArray<PlainKey>,
  raw: Uint8Array | string,
  options: Options
): Outcome => {
  const result = read(raw, options.limits)
  if (result._tag === "Unreadable") {
    return result
  }
  const { message } = result
  const walked = foundOf(message)?.walked
  const sign = signOf(message)
  if (sign === undefined || sign.kind === "null" || (sign.kind === "string" && sign.text === "")) {
    return invalid("SignMissing")
  }
  if (sign.kind !== "string") {
    return invalid("SignNotText")
  }
  if (!isDigest(sign.text)) {
    return invalid("SignMalformed")
  }
  if (keys.length === 0) {
    return invalid("NoUsableKey")
  }
  const isPlain = walked !== undefined && (options.exempt === undefined || options.exempt.length === 0)
  const text = isPlain ? walkedText(walked) : undefined
  const outcome =
    isPlain && text !== undefined
      ? matchWalked(keys, message, walked, text, sign.text, options)
      : match(keys, message, sign.text, options)
  return outcome._tag === "Verified" && options.ambiguity === "refuse" && outcome.facts.ambiguity.length > 0
    ? { ...invalid("Ambiguous"), ambiguity: outcome.facts.ambiguity }
    : outcome
}

const invalid = (reason: InvalidReason, textsTried = 0) =>
  ({ _tag: "Invalid", reason, textsTried, ambiguity: none }) as const

const none: ReadonlyArray<never> = []

/** The envelope's `sign`, empty or not. */
const signOf = (message: RawMessage): Field | undefined => {
  const walked = foundOf(message)?.walked
  return walked === undefined || walked.plan.sign === -1
    ? message.envelope.find((field) => field.key === "sign")
    : { key: "sign", kind: "string", text: walked.values[walked.plan.sign] ?? "" }
}

const keyFor = (keys: ReadonlyArray<PlainKey>, text: string, sign: string): PlainKey | undefined => {
  for (const key of keys) {
    if (sameDigest(md5(text + key.secret), sign)) {
      return key
    }
  }
  return undefined
}

/** A message of plain values in a known layout has one text, whatever the policies. */
const matchWalked = (
  keys: ReadonlyArray<PlainKey>,
  message: RawMessage,
  walked: Walked,
  text: string,
  sign: string,
  options: Options
): Outcome => {
  const key = keyFor(keys, text, sign)
  if (key === undefined) {
    return invalid("Mismatch", 1)
  }
  // The keys of a known layout have no separators, and what is misplaced by default is known of it too.
  const looksOrdinary =
    !walked.hasAmpersand &&
    options.placement === undefined &&
    walked.plan.misplaced.every((source) => isEmptyAt(walked.values, source))
  const ambiguity = looksOrdinary ? none : ambiguityOf(message, collect(message), "none", options)
  return { _tag: "Verified", facts: { message, keyId: key.id, nested: "none", collision: "none", ambiguity } }
}

const ambiguityOf = (
  message: RawMessage,
  collected: Collected,
  nested: NestedMatch,
  options: Options
): ReadonlyArray<Ambiguity> =>
  findAmbiguities({
    envelope: message.envelope,
    data: message.data,
    exempt: options.exempt,
    collected,
    nested,
    placement: options.placement ?? {}
  })

const match = (
  keys: ReadonlyArray<PlainKey>,
  message: RawMessage,
  sign: string,
  options: Options
): Outcome => {
  const collected = collect(message, options.exempt)
  const tried: Array<string> = []
  for (const [nested, collision] of tries(collected, options)) {
    const canonical = render(collected, nested, collision)
    // Two policies often write the same text; it is hashed once and reported under the first.
    if (canonical._tag === "Refused" || tried.includes(canonical.text)) {
      continue
    }
    tried.push(canonical.text)
    const key = keyFor(keys, canonical.text, sign)
    if (key !== undefined) {
      const parts = foundOf(message)?.parts
      if (parts !== undefined && collected.nested.size === 0) {
        learn(message.text, parts)
      }
      const ambiguity = ambiguityOf(message, collected, nested, options)
      return { _tag: "Verified", facts: { message, keyId: key.id, nested, collision, ambiguity } }
    }
  }
  return invalid("Mismatch", tried.length)
}

const tries = (
  collected: Collected,
  options: Options
): ReadonlyArray<readonly [NestedMatch, CollisionMatch]> => {
  const collisions: ReadonlyArray<CollisionMatch> = collected.collision
    ? (options.collision ?? collisionOrder)
    : ["none"]
  const nesteds: ReadonlyArray<NestedMatch> =
    collected.nested.size > 0 ? (options.nested ?? nestedOrder) : ["none"]
  return nesteds.flatMap((nested) => collisions.map((collision) => [nested, collision] as const))
}
