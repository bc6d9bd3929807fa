/**
 * Many forged messages, one after the other, and what became of them. An accepted one is a forgery unless the scheme itself
 * cannot tell it from the genuine one: then both are signed with the very same text, which an implementation of its own says.
 */
import { type Genuine, genuine } from "./messages.ts"
import { kinds, mutate } from "./mutations.ts"
import { Random } from "./random.ts"
import { type Difference, differenceOf, differences, parse, textsOf } from "./reference.ts"

export type Verdict =
  | { readonly accepted: true; readonly flags: ReadonlyArray<string> }
  | { readonly accepted: false; readonly unreadable: boolean }

export type Verify = (raw: string | Uint8Array) => Verdict

interface KindCount {
  mutants: number
  /** Left as it was, by chance. */
  unchanged: number
  unreadable: number
  invalid: number
  /** Accepted, because the scheme cannot tell it apart. */
  alike: number
  forged: number
}

export interface Report {
  readonly seed: number
  readonly byKind: Readonly<Record<string, KindCount>>
  /** Accepted and alike, by what is different; how many of them were flagged. */
  readonly byDifference: Readonly<Record<Difference, { count: number; flagged: number }>>
  readonly genuineRefused: number
  /** The first forged messages, to look at. */
  readonly forged: ReadonlyArray<{ readonly kind: string; readonly genuine: string; readonly forged: string }>
}

const isSame = (message: Genuine, mutant: string | Buffer): boolean =>
  (typeof mutant === "string" ? mutant : mutant.toString("utf8")) === message.text

export const campaign = (count: number, seed: number, secret: string, verify: Verify): Report => {
  const random = new Random(seed)
  const byKind: Record<string, KindCount> = {}
  for (const kind of kinds) {
    byKind[kind] = { mutants: 0, unchanged: 0, unreadable: 0, invalid: 0, alike: 0, forged: 0 }
  }
  const byDifference = Object.fromEntries(
    differences.map((difference) => [difference, { count: 0, flagged: 0 }])
  ) as Record<Difference, { count: number; flagged: number }>
  const forged: Array<Report["forged"][number]> = []
  let genuineRefused = 0
  let message = genuine(random, secret)
  for (let made = 0; made < count; made++) {
    if (made % 20 === 0) {
      message = genuine(random, secret)
      genuineRefused += verify(message.text).accepted ? 0 : 1
    }
    const kind = kinds[made % kinds.length] ?? ""
    const counts = byKind[kind]
    if (counts === undefined) {
      continue
    }
    const mutant = mutate(random, message, kind)
    counts.mutants++
    if (isSame(message, mutant)) {
      counts.unchanged++
      continue
    }
    const verdict = verify(mutant)
    if (!verdict.accepted) {
      counts[verdict.unreadable ? "unreadable" : "invalid"]++
      continue
    }
    const text = typeof mutant === "string" ? mutant : mutant.toString("utf8")
    const parsed = parse(text)
    if (!textsOf(parsed).has(message.signed)) {
      counts.forged++
      forged.push({ kind, genuine: message.text, forged: text })
      continue
    }
    counts.alike++
    const difference = byDifference[differenceOf(parse(message.text), parsed)]
    difference.count++
    difference.flagged += verdict.flags.length > 0 ? 1 : 0
  }
  return { seed, byKind, byDifference, genuineRefused, forged: forged.slice(0, 5) }
}

export const print = ({ byDifference, byKind, genuineRefused, seed }: Report): string => {
  const row = (name: string, figures: ReadonlyArray<number | string>) =>
    `${name.padEnd(72)}${figures.map((figure) => String(figure).padStart(11)).join("")}`
  const total = (column: keyof KindCount) =>
    Object.values(byKind).reduce((sum, counts) => sum + counts[column], 0)
  return [
    `seed ${seed}`,
    row("kind of mutant", ["mutants", "unchanged", "unreadable", "invalid", "alike", "FORGED"]),
    ...Object.entries(byKind).map(([kind, { alike, forged, invalid, mutants, unchanged, unreadable }]) =>
      row(kind, [mutants, unchanged, unreadable, invalid, alike, forged])
    ),
    row("all", [
      total("mutants"),
      total("unchanged"),
      total("unreadable"),
      total("invalid"),
      total("alike"),
      total("forged")
    ]),
    "",
    row("accepted because the scheme signs both alike; they differ in", ["accepted", "flagged"]),
    ...Object.entries(byDifference).map(([difference, { count, flagged }]) =>
      row(difference, [count, flagged])
    ),
    "",
    `genuine messages refused: ${genuineRefused}`,
    `forged messages accepted: ${total("forged")}`
  ].join("\n")
}
