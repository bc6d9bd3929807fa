import { Amount } from "@effect-yunmo/schema/Amount"

/**
 * Everything an event says, as text that can be compared: the fields in order of their names. What is redacted (the
 * masked card number, fields nobody knows) takes no part, since this text stands in the database.
 */
export const contentOf = (data: object): string =>
  JSON.stringify(
    Object.entries(data)
      .flatMap(
        ([key, value]): ReadonlyArray<[string, string | number]> =>
          value instanceof Amount
            ? [[key, value.text]]
            : typeof value === "string" || typeof value === "number"
              ? [[key, value]]
              : []
      )
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  )
