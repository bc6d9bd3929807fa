/** `yunmo inbox list`, `show` and `stats`: what changes nothing. */

import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as InboxStats from "@effect-yunmo/notifications/InboxStats"
import * as Replay from "@effect-yunmo/notifications/Replay"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { CommandFailed } from "./failure.js"
import { type Action, mostRows, shownRows, summaryJson } from "./inboxAction.js"
import { within } from "./inboxDatabase.js"
import * as Show from "./inboxShow.js"
import * as Text from "./inboxText.js"
import * as InboxWords from "./inboxWords.js"
import * as Words from "./words.js"

export const listing: Action = {
  name: "list",
  about: "The rows, newest first.",
  options: [InboxWords.state, InboxWords.kind, InboxWords.before, InboxWords.limit, InboxWords.json],
  answer: (values) =>
    Effect.gen(function* () {
      const options = yield* InboxWords.listOptions(values)
      const limit = Math.min(options.limit ?? shownRows, mostRows)
      const rows = yield* within(
        undefined,
        Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list({ ...options, limit })).pipe(
          Effect.provide(Inbox.layer)
        )
      )
      const last = rows.at(-1)?.id
      return {
        text: Text.rows(rows),
        json: rows.map(summaryJson),
        notes:
          rows.length < limit || last === undefined
            ? []
            : [`There may be more: --before ${last} shows the next.`],
        exitCode: 0
      }
    })
}

export const showing: Action = {
  name: "show",
  about: "One row, with its message; what is secret in it is <hidden>.",
  argument: "id",
  options: [InboxWords.raw, InboxWords.contract, InboxWords.json],
  answer: (values, argument) =>
    Effect.gen(function* () {
      const id = yield* InboxWords.number(argument, { flag: "--id", about: "" }).pipe(
        Effect.mapError(() => Words.usage("Name the id of a row; yunmo inbox list has them."))
      )
      const found = yield* within(
        Words.one(values, InboxWords.contract),
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const replay = yield* Replay.Replay
          const row = yield* inbox.get(id)
          return Option.isNone(row)
            ? undefined
            : {
                row: row.value,
                history: yield* replay.history(id),
                message: yield* Show.message(row.value, values.has(InboxWords.raw.flag))
              }
        }).pipe(Effect.provide(Layer.merge(Inbox.layer, Replay.layer)))
      )
      if (found === undefined) {
        return yield* new CommandFailed({
          code: "NoSuchRow",
          sentence: `There is no row ${id}, or it was put away for its age.`,
          exitCode: 1
        })
      }
      const { history, message } = found
      const { raw: _, ...row } = found.row
      return {
        text: `${Text.row(row, history)}${Show.tell(message)}`,
        json: { ...summaryJson(row), replays: history, ...message },
        notes:
          message.raw !== undefined
            ? [
                "The message is shown as it came, with card and identity data: keep it out of files, tickets and chats."
              ]
            : message.hidden === 0
              ? []
              : [
                  `${message.hidden === 1 ? "One value is" : `${message.hidden} values are`} hidden; --raw shows the message as it came.`
                ],
        exitCode: 0
      }
    })
}

export const stats: Action = {
  name: "stats",
  about:
    "The inbox in figures: what waits and since when, what was set aside and why, re-sends, quarantine, size.",
  options: [InboxWords.keys, InboxWords.json],
  answer: (values) =>
    Effect.gen(function* () {
      const isAskedForKeys = values.has(InboxWords.keys.flag)
      const [figures, ciphers] = yield* within(
        undefined,
        Effect.provide(
          Effect.all([InboxStats.read, isAskedForKeys ? InboxStats.ciphers : Effect.succeed([])]),
          Inbox.layer
        )
      )
      const now = yield* Clock.currentTimeMillis
      return {
        text: `${Text.stats(figures, now)}${Text.ciphers(ciphers)}`,
        json: isAskedForKeys ? { ...figures, ciphers } : figures,
        exitCode: 0
      }
    })
}
