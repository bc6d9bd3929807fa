import * as Digest from "../Digest.js"
import type { RawMessage, Unreadable } from "../RawMessage.js"
import { read } from "../RawMessage.js"
import type { CollisionMatch, NestedMatch, Options } from "../Verifier.js"
import { type Collected, collect, render } from "./canonical.js"
import { secretProblem } from "./secret.js"

/** A key whose secret has been taken out of its wrapping, for the length of one call. */
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
  "Mismatch"
] as const
export type InvalidReason = (typeof invalidReasons)[number]

export type Outcome =
  | { readonly _tag: "Verified"; readonly facts: Facts }
  | { readonly _tag: "Invalid"; readonly reason: InvalidReason; readonly textsTried: number }
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
  const sign = message.envelope.find((field) => field.key === "sign")
  if (sign === undefined || sign.kind === "null" || (sign.kind === "string" && sign.text === "")) {
    return { _tag: "Invalid", reason: "SignMissing", textsTried: 0 }
  }
  if (sign.kind !== "string") {
    return { _tag: "Invalid", reason: "SignNotText", textsTried: 0 }
  }
  if (!Digest.isDigest(sign.text)) {
    return { _tag: "Invalid", reason: "SignMalformed", textsTried: 0 }
  }
  // An empty secret would let anyone sign: whatever road a key came by, it must not match.
  const usable = keys.filter((key) => secretProblem(key.secret) === undefined)
  if (usable.length === 0) {
    return { _tag: "Invalid", reason: "NoUsableKey", textsTried: 0 }
  }
  return match(usable, message, sign.text, options)
}

const match = (
  keys: ReadonlyArray<PlainKey>,
  message: RawMessage,
  sign: string,
  options: Options
): Outcome => {
  const collected = collect(message, options.exempt)
  const tried: Array<string> = []
  for (const [nested, collision] of tries(collected, options)) {
    const canonical = render(
      collected,
      nested === "none" ? "refuse" : nested,
      collision === "none" ? "refuse" : collision
    )
    // Two policies often write the same text; it is hashed once and reported under the first.
    if (canonical._tag === "Refused" || tried.includes(canonical.text)) {
      continue
    }
    tried.push(canonical.text)
    for (const { id, secret } of keys) {
      if (Digest.matches(Digest.make(canonical.text, secret), sign)) {
        return { _tag: "Verified", facts: { message, keyId: id, nested, collision } }
      }
    }
  }
  return { _tag: "Invalid", reason: "Mismatch", textsTried: tried.length }
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
