import * as Redacted from "effect/Redacted"
import type { RawMessage } from "../RawMessage.js"
import type { SigningKey } from "../SigningKey.js"
import type { CollisionMatch, NestedMatch } from "../Verifier.js"
import { blanksThere, fieldVariants, type Variant, variantsFor } from "./explainMistakes.js"
import { digestOf, type Pair, pairsOf, type Recipe, standard, textOf } from "./explainRecipe.js"

/** A key whose secret was freed of what stood around it. */
export interface CleanKey {
  readonly id: string
  readonly secret: string
  /** What stood around it. */
  readonly around: readonly [before: string, after: string] | undefined
}

export const cleanKeys = (keys: ReadonlyArray<SigningKey>): ReadonlyArray<CleanKey> =>
  keys.flatMap(({ id, secret }): ReadonlyArray<CleanKey> => {
    const given = Redacted.value(secret)
    const chars = [...given]
    const isEdge = (char: string | undefined): boolean => char !== undefined && /[\s\p{Cc}\p{Cf}]/u.test(char)
    let [from, to] = [0, chars.length]
    while (from < to && isEdge(chars[from])) {
      from++
    }
    while (to > from && isEdge(chars[to - 1])) {
      to--
    }
    const [before, clean, after] = [chars.slice(0, from), chars.slice(from, to), chars.slice(to)].map(
      (part) => part.join("")
    )
    if (before === undefined || clean === undefined || after === undefined || clean === "") {
      return []
    }
    return [{ id, secret: clean, around: clean === given ? undefined : [before, after] }]
  })

/** How what the vendor leaves open was decided; `none` where the message leaves nothing open. */
export interface Policy {
  readonly nested: NestedMatch
  readonly collision: CollisionMatch
}

const recipeOf = (
  { collision, nested }: Policy,
  first: Partial<Recipe> = {},
  second: Partial<Recipe> = {}
): Recipe => ({
  ...standard,
  nested: nested === "none" ? standard.nested : nested,
  collision: collision === "none" ? standard.collision : collision,
  ...first,
  ...second
})

/** The text under a policy, as the vendor's rules have it. */
export const baseText = (message: RawMessage, exempt: ReadonlyArray<string>, policy: Policy): string =>
  textOf(message, exempt, recipeOf(policy))

export const baseDigest = (text: string, secret: string): string => digestOf(text, secret, standard)

/** The keys of the pairs in which a mistake's text differs from the right one. */
export const changedKeys = (
  message: RawMessage,
  exempt: ReadonlyArray<string>,
  policy: Policy,
  { patch }: Variant
): ReadonlyArray<string> => {
  const print = ({ key, part, text }: Pair): string => JSON.stringify([part, key, text])
  const right = new Map(pairsOf(message, exempt, recipeOf(policy)).map((pair) => [print(pair), pair.key]))
  const wrong = new Map(
    pairsOf(message, exempt, recipeOf(policy, patch)).map((pair) => [print(pair), pair.key])
  )
  const lost = [...right].filter(([pair]) => !wrong.has(pair))
  const gained = [...wrong].filter(([pair]) => !right.has(pair))
  return [...new Set([...lost, ...gained].map(([, key]) => key))]
}

export interface Subject {
  readonly message: RawMessage
  readonly keys: ReadonlyArray<CleanKey>
  /** In lower case, and without blanks around it. */
  readonly received: string
  /** The same as it stands, for a signature in Base64. */
  readonly literal: string
  readonly exempt: ReadonlyArray<string>
  readonly known: ReadonlyArray<string> | undefined
  readonly policies: ReadonlyArray<Policy>
  readonly maxDigests: number
  /** How many characters may be read and hashed, all digests together. */
  readonly maxCharacters: number
}

/** A way to the received digest: none, one or two mistakes. */
export interface Hit {
  readonly key: CleanKey
  readonly policy: Policy
  readonly variants: ReadonlyArray<Variant>
}

export interface Found {
  readonly hits: ReadonlyArray<Hit>
  readonly digests: number
  /** Whether everything was tried that could be, or something was found before. */
  readonly complete: boolean
}

export const search = (subject: Subject): Found => new Search(subject).run()

class Search {
  private readonly subject: Subject
  private digests = 0
  private characters = 0
  private exhausted = false

  constructor(subject: Subject) {
    this.subject = subject
  }

  run(): Found {
    const { keys, known, message, exempt, policies } = this.subject
    const named = variantsFor(known)
    const ofFields = fieldVariants(
      message,
      policies[0] === undefined ? [] : pairsOf(message, exempt, recipeOf(policies[0]))
    )
    const own = keys.flatMap((key) => (key.around === undefined ? [] : [blanksThere(...key.around)]))
    const singles = [...own, ...named]
    return (
      this.found(this.attempt([])) ??
      this.found(this.each(singles)) ??
      this.found(this.each(ofFields)) ??
      this.pairs(singles, ofFields)
    )
  }

  private found(hits: ReadonlyArray<Hit>): Found | undefined {
    return hits.length > 0 || this.exhausted
      ? { hits, digests: this.digests, complete: hits.length > 0 || !this.exhausted }
      : undefined
  }

  /** One mistake alone; another name for the same mistake is told too, the same name once. */
  private each(variants: ReadonlyArray<Variant>): ReadonlyArray<Hit> {
    const hits = variants.flatMap((variant) => this.attempt([variant]))
    return hits.filter(
      (hit, index) => hits.findIndex((other) => other.variants[0]?.code === hit.variants[0]?.code) === index
    )
  }

  /** Two mistakes together, the likelier first, until one is found. */
  private pairs(singles: ReadonlyArray<Variant>, ofFields: ReadonlyArray<Variant>): Found {
    const named = singles.filter((variant) => this.matters(variant))
    for (let sum = 1; sum < named.length * 2 - 2 && !this.exhausted; sum++) {
      for (let index = Math.max(0, sum - named.length + 1); index * 2 < sum; index++) {
        const found = this.pair(named[index], named[sum - index])
        if (found !== undefined) {
          return found
        }
      }
    }
    const single = ofFields.filter((variant) => this.matters(variant))
    for (const first of named) {
      for (const second of single) {
        const found = this.pair(first, second)
        if (found !== undefined) {
          return found
        }
      }
    }
    return { hits: [], digests: this.digests, complete: !this.exhausted }
  }

  private pair(first: Variant | undefined, second: Variant | undefined): Found | undefined {
    if (first === undefined || second === undefined || this.exhausted || overlaps(first, second)) {
      return undefined
    }
    const [hit] = this.attempt([first, second])
    return hit === undefined ? undefined : this.found([hit])
  }

  /** A mistake that changes nothing about this message changes nothing beside another one either. */
  private matters({ patch }: Variant): boolean {
    const { exempt, keys, message, policies } = this.subject
    const [policy] = policies
    const [key] = keys
    if (policy === undefined || key === undefined) {
      return false
    }
    const [right, wrong] = [recipeOf(policy), recipeOf(policy, patch)].map((recipe) =>
      digestOf(textOf(message, exempt, recipe), key.secret, recipe)
    )
    return right !== wrong
  }

  private attempt(variants: ReadonlyArray<Variant>): ReadonlyArray<Hit> {
    const { exempt, keys, literal, maxCharacters, maxDigests, message, policies, received } = this.subject
    const hits: Array<Hit> = []
    for (const policy of policies) {
      const recipe = recipeOf(policy, variants[0]?.patch, variants[1]?.patch)
      const text = this.exhausted ? "" : textOf(message, exempt, recipe)
      // Writing the text costs as much as hashing it, even where little of the message gets into it.
      this.characters += message.text.length
      for (const key of keys) {
        this.exhausted ||= this.digests >= maxDigests || this.characters > maxCharacters
        if (this.exhausted) {
          return hits
        }
        this.digests++
        this.characters += text.length
        const digest = digestOf(text, key.secret, recipe)
        if (digest === received || digest === literal) {
          hits.push({ key, policy, variants })
        }
      }
    }
    return hits
  }
}

const overlaps = (first: Variant, second: Variant): boolean =>
  first.code === second.code ||
  Object.keys(first.patch).some((dimension) => Object.hasOwn(second.patch, dimension))
