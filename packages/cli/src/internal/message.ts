/** Reads messages, and changes them in place: what is not changed keeps every character. */

import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import type { UnreadableMessage } from "@effect-yunmo/signing/SigningError"
import * as Either from "effect/Either"
import { CommandFailed } from "./failure.js"
import { maxBytes } from "./input.js"

export const limits: Partial<RawMessage.Limits> = { maxBytes }

export const read = (raw: Uint8Array | string): Either.Either<RawMessage.RawMessage, CommandFailed> => {
  const result = RawMessage.read(raw, limits)
  return result._tag === "Read" ? Either.right(result.message) : Either.left(unreadable(result))
}

export const unreadable = ({
  detail,
  position,
  reason
}: Pick<UnreadableMessage, "detail" | "position" | "reason">): CommandFailed =>
  new CommandFailed({
    code: reason,
    sentence: `The message cannot be read, at position ${position}: ${detail} (${reason}).`
  })

interface Member {
  readonly key: string
  /** Of its value. */
  readonly start: number
  readonly end: number
}

/** Replaces the values of top-level fields; fields that are not there go to the front. Values are JSON texts. */
export const withFields = (
  text: string,
  fields: ReadonlyArray<readonly [key: string, value: string]>
): string => {
  const members = membersOf(text)
  let edited = text
  for (const member of [...members].reverse()) {
    const field = fields.find(([key]) => key === member.key)
    if (field !== undefined) {
      edited = edited.slice(0, member.start) + field[1] + edited.slice(member.end)
    }
  }
  const added = fields.filter(([key]) => members.every((member) => member.key !== key))
  if (added.length === 0) {
    return edited
  }
  const open = edited.indexOf("{") + 1
  const first = edited.slice(open).search(/\S/) + open
  const gap = edited.slice(open, first)
  const pairs = added
    .map(([key, value]) => `${gap}${JSON.stringify(key)}:${gap === "" ? "" : " "}${value}`)
    .join(",")
  return `${edited.slice(0, open)}${pairs}${members.length === 0 ? "" : ","}${edited.slice(open)}`
}

/** The fields of the outermost object. Trusts its input: it was read before. */
const membersOf = (text: string): ReadonlyArray<Member> => {
  const members: Array<Member> = []
  let key: string | undefined
  let start = 0
  let depth = 0
  let at = text.indexOf("{")
  const close = (end: number): void => {
    if (key !== undefined) {
      members.push({ key, start, end: start + text.slice(start, end).trimEnd().length })
      key = undefined
    }
  }
  for (; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '"') {
      const from = at
      at = closingQuote(text, at)
      if (depth === 1 && key === undefined) {
        const name: string = JSON.parse(text.slice(from, at + 1))
        at = text.indexOf(":", at)
        start = at + 1 + text.slice(at + 1).search(/\S/)
        key = name
        at = start - 1
      }
    } else if (char === "{" || char === "[") {
      depth++
    } else if (char === "}" || char === "]") {
      if (--depth === 0) {
        close(at)
      }
    } else if (char === "," && depth === 1) {
      close(at)
    }
  }
  return members
}

const closingQuote = (text: string, open: number): number => {
  let at = open + 1
  while (at < text.length && text.charAt(at) !== '"') {
    at += text.charAt(at) === "\\" ? 2 : 1
  }
  return at
}
