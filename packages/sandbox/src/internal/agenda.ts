import type { CustomerId, OrderNo } from "@effect-yunmo/schema/Ids"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as SortedMap from "effect/SortedMap"

/** Something that happens by itself, once its time has come. */
export type Due =
  | { readonly kind: "order"; readonly id: OrderNo }
  | { readonly kind: "kyc"; readonly id: CustomerId }
  | { readonly kind: "delivery"; readonly id: number }

export interface Entry {
  readonly at: number
  readonly due: Due
}

/** What is to come, earliest first; of what is due at one time, in the order in which it was planned. */
export interface Agenda {
  /** Plans it, or plans it anew; never, when there is no time or an infinite one. */
  readonly plan: (due: Due, at: number | undefined) => void
  readonly next: () => Entry | undefined
  /** Takes the earliest off when it is due. */
  readonly takeDue: (now: number) => Entry | undefined
  readonly clear: () => void
}

type Key = readonly [at: number, number: number]

const byTime: Order.Order<Key> = Order.tuple(Order.number, Order.number)

const nameOf = ({ id, kind }: Due): string => `${kind} ${id}`

export const make = (): Agenda => {
  let entries: SortedMap.SortedMap<Key, Due> = SortedMap.empty(byTime)
  const keys = new Map<string, Key>()
  let planned = 0
  const drop = (name: string): void => {
    const key = keys.get(name)
    if (key !== undefined) {
      keys.delete(name)
      entries = SortedMap.remove(entries, key)
    }
  }
  const next = (): Entry | undefined =>
    Option.getOrUndefined(Option.map(SortedMap.headOption(entries), ([[at], due]): Entry => ({ at, due })))
  return {
    plan: (due, at) => {
      const name = nameOf(due)
      drop(name)
      if (at !== undefined && Number.isFinite(at)) {
        planned += 1
        const key: Key = [at, planned]
        keys.set(name, key)
        entries = SortedMap.set(entries, key, due)
      }
    },
    next,
    takeDue: (now) => {
      const entry = next()
      if (entry === undefined || entry.at > now) {
        return undefined
      }
      drop(nameOf(entry.due))
      return entry
    },
    clear: () => {
      keys.clear()
      entries = SortedMap.empty(byTime)
    }
  }
}
