import type { Limits } from "../RawMessage.js"
import { firstSteps, type Plan, type Step } from "./layouts.js"

/** A message of a layout that was verified before. */
export interface Walked {
  readonly plan: Plan
  /** The values that are no constants: the content of a string, the characters of a number. */
  readonly values: ReadonlyArray<string>
  /** Whether any value has an `&`. */
  readonly hasAmpersand: boolean
}

const quote = 0x22
const ampersand = 0x26
const backslash = 0x5c

/**
 * Reads a message along the layouts that are known, looking at each of its characters once; undefined when it follows none
 * of them. That is no verdict: the scanner then reads it from the start. What is read here the scanner reads alike.
 */
export const walk = (text: string, limits: Limits): Walked | undefined => {
  const values: Array<string> = []
  let hasAmpersand = false
  let at = 0
  let step = follow(firstSteps(), text, at)
  while (step !== undefined && step.kind !== "end") {
    at += step.segment.length
    if (step.kind === "string") {
      const start = at
      let unit = text.charCodeAt(at)
      while (unit !== quote) {
        if (unit === ampersand) {
          hasAmpersand = true
        } else if (!(unit >= 0x20 && unit < 0xd800) || unit === backslash) {
          break
        }
        unit = text.charCodeAt(++at)
      }
      if (unit === quote) {
        values.push(text.slice(start, at))
      } else {
        at = closingQuote(text, at)
        const decoded = decodeString(text.slice(start - 1, at + 1))
        if (decoded === undefined) {
          return undefined
        }
        hasAmpersand ||= decoded.includes("&")
        values.push(decoded)
      }
    } else {
      number.lastIndex = at
      if (!number.test(text)) {
        return undefined
      }
      values.push(text.slice(at, number.lastIndex))
      at = number.lastIndex
    }
    step = follow(step.next, text, at)
  }
  const plan = step?.plan
  return plan !== undefined && isWithin(plan, limits) ? { plan, values, hasAmpersand } : undefined
}

const follow = (steps: ReadonlyArray<Step>, text: string, at: number): Step | undefined => {
  for (const step of steps) {
    const to = at + step.segment.length
    // Comparing a slice is quicker than startsWith.
    if (text.slice(at, to) === step.segment && fits(step, text, to)) {
      return step
    }
  }
  return undefined
}

/**
 * What stands before a number also stands before a string, a null and so on, and what ends a message may go on with a
 * blank.
 */
const fits = ({ kind }: Step, text: string, at: number): boolean => {
  const unit = text.charCodeAt(at)
  return kind === "end"
    ? at === text.length
    : kind === "string" || unit === 0x2d || (unit >= 0x30 && unit <= 0x39)
}

/** RFC 8259, section 6. What follows it has to be the next segment. */
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/** Where the string ends in which this place is: at its quote, or at the end of the text. */
const closingQuote = (text: string, from: number): number => {
  let at = from
  let unit = text.charCodeAt(at)
  while (unit !== quote && at < text.length) {
    at += unit === backslash ? 2 : 1
    unit = text.charCodeAt(at)
  }
  return at
}

/** The content of a string literal with escapes or surrogates. */
const decodeString = (literal: string): string | undefined => {
  // Looked at before decoding as well: a plain half beside an escaped one would look like a pair afterwards.
  if (loneSurrogate.test(literal)) {
    return undefined
  }
  try {
    const decoded: string = JSON.parse(literal)
    return loneSurrogate.test(decoded) ? undefined : decoded
  } catch {
    return undefined
  }
}

const loneSurrogate = /[\ud800-\udfff]/u

const isWithin = ({ hasData, slots }: Plan, { maxDepth, maxKeys }: Limits): boolean =>
  slots.length + (hasData ? 1 : 0) <= maxKeys && (hasData ? 2 : 1) <= maxDepth
