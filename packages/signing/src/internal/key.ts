/** Keys that name JavaScript's own machinery: a parser that assigns them would change an object's nature. */
export const isForbiddenKey = (key: string): boolean =>
  key === "__proto__" || key === "constructor" || key === "prototype"

/**
 * Whether a key looks like a name as programs have them. Hostile input can put anything in a key's place, a card number
 * included.
 */
export const isPlainName = (key: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(key) && !/[0-9]{6}/.test(key)

/** A key fit for an error message. */
export const describeKey = (key: string): string =>
  isPlainName(key) ? key : `(key of ${key.length} characters)`
