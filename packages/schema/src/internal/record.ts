import type { Name } from "../Operation.js"
import { all } from "../Operation.js"

/** `Object.entries` forgets which keys there are; these two are total over them, which is what the casts say. */
export const mapOperations = <A>(f: (operation: (typeof all)[number]) => A): Readonly<Record<Name, A>> =>
  Object.fromEntries(all.map((operation) => [operation.name, f(operation)])) as Record<Name, A>

export const mapRecord = <K extends string, A, B>(
  record: Partial<Readonly<Record<K, A>>>,
  f: (value: A) => B
): Partial<Record<K, B>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value as A)])) as Partial<
    Record<K, B>
  >
