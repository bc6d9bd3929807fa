import { assert } from "@effect/vitest"

/** That these fields have these values. Prints nothing but them when they have not: an error's inside can be large. */
export const hasFields = (
  actual: object,
  expected: Readonly<Record<string, unknown>>,
  about?: string
): void =>
  assert.deepStrictEqual(
    Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(actual, key)])),
    expected,
    about
  )
