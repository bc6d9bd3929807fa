/** The words of `yunmo inbox`: its options, and what is chosen by them. */

import type * as InboxRow from "@effect-yunmo/notifications/InboxRow"
import type * as Replay from "@effect-yunmo/notifications/Replay"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CommandFailed } from "./failure.js"
import { duration, durationExpected } from "./values.js"
import * as Words from "./words.js"

export const contract: Words.Option = {
  flag: "--contract",
  value: "file",
  about: "The corrections of the contract; YUNMO_CONTRACT_FILE, unless given."
}
export const json: Words.Option = {
  flag: "--json",
  about: "Answers with one JSON object, failures included."
}
export const state: Words.Option = { flag: "--state", value: "state", about: "pending, handled or set_aside" }
export const kind: Words.Option = { flag: "--kind", value: "kind", about: "kyc, threeDs, trade or unknown" }
export const before: Words.Option = {
  flag: "--before",
  value: "id",
  about: "only rows with a smaller id: the last id of one page gives the next"
}
export const limit: Words.Option = {
  flag: "--limit",
  value: "number",
  about: "so many at most; 20 unless given"
}
export const keys: Words.Option = {
  flag: "--keys",
  about: "Counts under which keys messages are encrypted; reads all rows, seconds per million."
}
export const raw: Words.Option = {
  flag: "--raw",
  about: "Shows the message as it came, with everything that is secret in it."
}
const id: Words.Option = {
  flag: "--id",
  value: "id",
  about: "this row; as often as needed",
  repeated: true
}
const all: Words.Option = { flag: "--all", about: "everything that was set aside" }
const reason: Words.Option = {
  flag: "--reason",
  value: "text",
  about: "rows whose reason has this in it, in capital or small letters"
}
const merchant: Words.Option = { flag: "--merchant", value: "no", about: "rows of this merchant" }
const olderThan: Words.Option = {
  flag: "--older-than",
  value: "duration",
  about: "rows that came longer ago than this"
}
const newerThan: Words.Option = {
  flag: "--newer-than",
  value: "duration",
  about: "rows that came within this time"
}
export const dryRun: Words.Option = {
  flag: "--dry-run",
  about: "Shows what would happen, and changes nothing."
}
export const yes: Words.Option = {
  flag: "--yes",
  about: "Does not ask; without a terminal it has to be given."
}
export const by: Words.Option = {
  flag: "--by",
  value: "name",
  about: "who does it, for the record; the name of the user unless given"
}
export const handledBefore: Words.Option = {
  flag: "--older-than",
  value: "duration",
  about: 'rows that were handled longer ago than this, "180 days" say',
  required: true
}
export const archive: Words.Option = {
  flag: "--archive",
  about: "Moves them to the table yunmo_inbox_archive, as they stand."
}
export const remove: Words.Option = { flag: "--delete", about: "Deletes them." }
export const most: Words.Option = {
  flag: "--limit",
  value: "number",
  about: "so many at most; all of them unless given"
}

/** What chooses rows; at least one of them has to be given. */
export const selecting = [id, all, kind, reason, merchant, olderThan, newerThan]

export const number = (text: string, { flag }: Words.Option): Effect.Effect<number, CommandFailed> =>
  /^[1-9]\d{0,14}$/.test(text)
    ? Effect.succeed(Number(text))
    : Words.usage(`The option ${flag} expects a number from 1 on.`)

const optional = <A>(
  values: Words.Values,
  option: Words.Option,
  read: (text: string, option: Words.Option) => Effect.Effect<A, CommandFailed>
): Effect.Effect<A | undefined, CommandFailed> => {
  const text = Words.one(values, option)
  return text === undefined ? Effect.succeed(undefined) : read(text, option)
}

const among =
  <A extends string>(list: ReadonlyArray<A>) =>
  (text: string, { about, flag }: Words.Option): Effect.Effect<A, CommandFailed> =>
    Option.match(Option.fromNullable(list.find((one) => one === text)), {
      onNone: () => Words.usage(`The option ${flag} expects ${about}.`),
      onSome: Effect.succeed
    })

/** The moment that lies so far back. */
export const ago = (text: string, { flag }: Words.Option): Effect.Effect<number, CommandFailed> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Option.match(duration(text), {
      onNone: () => Words.usage(`The option ${flag} expects ${durationExpected}.`),
      onSome: (span) => Effect.succeed(now - Duration.toMillis(span))
    })
  )

const kinds: ReadonlyArray<InboxRow.Kind> = ["kyc", "threeDs", "trade", "unknown"]
const states: ReadonlyArray<InboxRow.State> = ["pending", "handled", "set_aside"]

export const listOptions = (values: Words.Values) =>
  Effect.all({
    state: optional(values, state, among(states)),
    kind: optional(values, kind, among(kinds)),
    before: optional(values, before, number),
    limit: optional(values, limit, number)
  })

export const limitOf = (values: Words.Values) => optional(values, most, number)

export const selection = (values: Words.Values): Effect.Effect<Replay.Selection, CommandFailed> =>
  Effect.gen(function* () {
    const given = selecting.filter(({ flag }) => values.has(flag))
    if (given.length === 0) {
      return yield* Words.usage(
        `Say which rows: ${selecting.map(({ flag }) => flag).join(", ")}; see yunmo inbox replay --help.`
      )
    }
    if (values.has(all.flag) && given.length > 1) {
      return yield* Words.usage("The option --all stands alone; leave it out to choose by the others.")
    }
    const ids = yield* Effect.forEach(Words.all(values, id), (text) => number(text, id))
    return {
      ids: values.has(id.flag) ? ids : undefined,
      kind: yield* optional(values, kind, among(kinds)),
      reason: Words.one(values, reason),
      merchantNo: Words.one(values, merchant),
      receivedBefore: yield* optional(values, olderThan, ago),
      receivedFrom: yield* optional(values, newerThan, ago)
    }
  })
