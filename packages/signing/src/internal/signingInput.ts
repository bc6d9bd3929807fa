import type { JsonObject } from "../RawMessage.js"
import type { SigningRefusedReason } from "../SigningError.js"
import { isUnsignedKey } from "./canonical.js"
import { describeKey, isForbiddenKey } from "./key.js"

/** Why an input is not signed, and the path of the field. */
export interface Problem {
  readonly reason: SigningRefusedReason
  readonly field: string
}

/** Deep enough for any request, shallow enough to stop at once in an object that holds itself. */
export const maxDepth = 32

/**
 * The first fault of the envelope or of `data` that JSON would hide (NaN becomes null, a Redacted becomes
 * `"<redacted>"`) or on which implementations of the scheme disagree.
 */
export const inputProblem = (
  part: JsonObject,
  path: "envelope" | "data",
  exempt: ReadonlyArray<string>
): Problem | undefined => {
  if ("toJSON" in part) {
    return { reason: "NotJson", field: path }
  }
  const depth = path === "data" ? 3 : 2
  for (const [key, value] of Object.entries(part)) {
    const found = keyProblem(key) ?? valueProblem(value, depth)
    if (found !== undefined) {
      return { reason: found.reason, field: `${path}.${describeKey(key)}${found.path}` }
    }
    if (isUnsignedKey(key) || exempt.includes(key)) {
      continue
    }
    if (typeof value === "string" && value !== "" && value.trim() === "") {
      return { reason: "BlankString", field: `${path}.${describeKey(key)}` }
    }
    if (typeof value === "object" && value !== null && Object.keys(value).length === 0) {
      return { reason: "EmptyNested", field: `${path}.${describeKey(key)}` }
    }
  }
  return undefined
}

interface Fault {
  readonly reason: SigningRefusedReason
  readonly path: string
}

const fault = (reason: SigningRefusedReason): Fault => ({ reason, path: "" })

const keyProblem = (key: string): Fault | undefined =>
  isForbiddenKey(key) ? fault("ForbiddenKey") : isWellFormed(key) ? undefined : fault("LoneSurrogate")

/**
 * The types say JsonValue, but a value that came through untyped code can be anything. `depth` is its own if
 * it nests.
 */
const valueProblem = (value: unknown, depth: number): Fault | undefined => {
  switch (typeof value) {
    case "boolean":
    // JSON leaves an undefined field out, so nothing is signed and nothing is sent.
    case "undefined":
      return undefined
    case "string":
      return isWellFormed(value) ? undefined : fault("LoneSurrogate")
    case "number":
      return isPlainNumber(value) ? undefined : fault("UnsafeNumber")
    case "object":
      return value === null ? undefined : nestedProblem(value, depth)
    default:
      return fault("NotJson")
  }
}

const nestedProblem = (value: object, depth: number): Fault | undefined => {
  if (depth > maxDepth) {
    return fault("TooDeep")
  }
  if ("toJSON" in value) {
    return fault("NotJson")
  }
  for (const [key, item] of Object.entries(value)) {
    const found = keyProblem(key) ?? valueProblem(item, depth + 1)
    if (found !== undefined) {
      return {
        reason: found.reason,
        path: `${Array.isArray(value) ? `[${key}]` : `.${describeKey(key)}`}${found.path}`
      }
    }
  }
  return undefined
}

/** Printed as digits alone, and equal to what the caller meant: Java prints exponents differently. */
const isPlainNumber = (value: number): boolean =>
  Number.isFinite(value) &&
  (!Number.isInteger(value) || Number.isSafeInteger(value)) &&
  !String(value).includes("e")

const isWellFormed = (text: string): boolean => !/[\ud800-\udfff]/u.test(text)
