/** Keys that name JavaScript's own machinery: a parser that assigns them would change an object's nature. */
export const isForbiddenKey = (key: string): boolean =>
  key === "__proto__" || key === "constructor" || key === "prototype"

/**
 * A key fit for an error message. Hostile input can put anything in a key's place, a card number included, so
 * only what looks like a name is shown.
 */
export const describeKey = (key: string): string =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(key) && !/[0-9]{6}/.test(key)
    ? key
    : `(key of ${key.length} characters)`
