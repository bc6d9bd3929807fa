/** `yunmo inbox replay`, `recheck` and `prune`: what changes rows. */

import { userInfo } from "node:os"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as MerchantsChoice from "@effect-yunmo/node/MerchantsChoice"
import * as MerchantsFile from "@effect-yunmo/node/MerchantsFile"
import * as Program from "@effect-yunmo/node/Program"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Merchants from "@effect-yunmo/notifications/Merchants"
import * as Recheck from "@effect-yunmo/notifications/Recheck"
import * as Replay from "@effect-yunmo/notifications/Replay"
import * as Retention from "@effect-yunmo/notifications/Retention"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { confirmed } from "./ask.js"
import { CommandFailed } from "./failure.js"
import { type Action, mostRows, shownRows, summaryJson } from "./inboxAction.js"
import { within } from "./inboxDatabase.js"
import * as Text from "./inboxText.js"
import * as InboxWords from "./inboxWords.js"
import * as Words from "./words.js"

/** The first of many, and how many there are of each sort. */
const gathered = <A, E, R>(stream: Stream.Stream<A, E, R>, sortOf: (one: A) => string) =>
  Stream.runFold(
    stream,
    { first: [] as ReadonlyArray<A>, count: 0, sorts: {} as Readonly<Record<string, number>> },
    ({ count, first, sorts }, one) => {
      const sort = sortOf(one)
      return {
        first: first.length < mostRows ? [...first, one] : first,
        count: count + 1,
        sorts: { ...sorts, [sort]: (sorts[sort] ?? 0) + 1 }
      }
    }
  )

export const replaying: Action = {
  name: "replay",
  about:
    "Takes up again what was set aside, under the contract of now: rows that a handler can take become pending. Shows the plan and asks first. Exit code 1 when rows stay set aside.",
  options: [
    ...InboxWords.selecting,
    InboxWords.dryRun,
    InboxWords.yes,
    InboxWords.by,
    InboxWords.contract,
    InboxWords.json
  ],
  answer: (values) =>
    Effect.gen(function* () {
      const selection = yield* InboxWords.selection(values)
      const by = Words.one(values, InboxWords.by) ?? userInfo().username
      return yield* within(
        Words.one(values, InboxWords.contract),
        Effect.gen(function* () {
          const replay = yield* Replay.Replay
          const isDry = values.has(InboxWords.dryRun.flag)
          if (isDry || !values.has(InboxWords.yes.flag)) {
            const plan = yield* gathered(replay.plan(selection), ({ forecast }) => forecast._tag)
            const ready = plan.sorts["Replayable"] ?? 0
            const more =
              plan.count > shownRows ? `and ${Text.many(plan.count - shownRows, "more row")}\n` : ""
            const text = `${Text.planned(plan.first.slice(0, shownRows))}${more}${Text.many(ready, "row")} of ${plan.count.toLocaleString("en")} would be replayed.`
            if (isDry || ready === 0) {
              return {
                text: `${text}\n`,
                json: {
                  dryRun: true,
                  found: plan.count,
                  forecasts: plan.sorts,
                  rows: plan.first.map(({ forecast, row }) => ({ row: summaryJson(row), forecast }))
                },
                exitCode: ready < plan.count || plan.count === 0 ? 1 : 0
              }
            }
            yield* confirmed(text, `Replay ${ready === 1 ? "it" : "them"}?`)
          }
          const counts = yield* replay.run(selection, { by })
          const left = counts.found - counts.replayed - counts.gone
          return {
            text: `${Text.many(counts.replayed, "row")} of ${counts.found.toLocaleString("en")} ${counts.replayed === 1 ? "is" : "are"} pending again.${left === 0 ? "" : ` ${Text.many(left, "row")} ${left === 1 ? "stays" : "stay"} set aside (${counts.unreadable} unreadable, ${counts.unknownKind} of unknown kind, ${counts.sealed} encrypted under a key that is not here); --dry-run tells why.`}\n`,
            json: counts,
            exitCode: left > 0 || counts.found === 0 ? 1 : 0
          }
        }).pipe(Effect.provide(Replay.layer))
      )
    })
}

/** The merchants and keys that the webhook has, read once. */
const merchants: Effect.Effect<Merchants.MerchantsService, CommandFailed, FileSystem> = Effect.gen(
  function* () {
    const choice = yield* MerchantsChoice.config
    const entries =
      choice._tag === "One" ? [choice] : (yield* MerchantsFile.load({ path: choice.path })).merchants
    return yield* Merchants.make(entries)
  }
).pipe(
  Effect.mapError(
    (error) =>
      new CommandFailed({
        code: "SettingInvalid",
        sentence: Program.describe("The inbox", Cause.fail(error)).trimEnd()
      })
  )
)

export const rechecking: Action = {
  name: "recheck",
  about:
    "Verifies what is in the quarantine under the keys of now, and moves what is genuine into the inbox.",
  options: [InboxWords.dryRun, InboxWords.contract, InboxWords.json],
  answer: (values) =>
    Effect.gen(function* () {
      const known = yield* merchants
      return yield* within(
        Words.one(values, InboxWords.contract),
        Effect.gen(function* () {
          const recheck = yield* Recheck.Recheck
          if (values.has(InboxWords.dryRun.flag)) {
            const plan = yield* gathered(recheck.plan, ({ verdict }) => verdict._tag)
            const genuine = plan.sorts["Genuine"] ?? 0
            return {
              text: `${Text.rechecked(plan.first.slice(0, shownRows))}${Text.many(genuine, "message")} of ${plan.count.toLocaleString("en")} would be moved into the inbox.\n`,
              json: { dryRun: true, found: plan.count, verdicts: plan.sorts, messages: plan.first },
              exitCode: 0
            }
          }
          const counts = yield* recheck.run
          const left = counts.found - counts.moved - counts.repeated
          return {
            text: `${Text.many(counts.moved, "message")} of ${counts.found.toLocaleString("en")} ${counts.moved === 1 ? "was" : "were"} moved into the inbox${counts.repeated === 0 ? "" : `, ${counts.repeated.toLocaleString("en")} it had already`}; ${Text.many(left, "message")} ${left === 1 ? "stays" : "stay"} in the quarantine.\n`,
            json: counts,
            exitCode: 0
          }
        }).pipe(Effect.provide(Layer.provide(Recheck.layer(), Layer.succeed(Merchants.Merchants, known))))
      )
    })
}

export const pruning: Action = {
  name: "prune",
  about:
    "Puts away rows that were handled long ago, in small steps beside the running programs. Tells how many and asks first. What recognises a re-send stays, and so does what was set aside.",
  options: [
    InboxWords.handledBefore,
    InboxWords.archive,
    InboxWords.remove,
    InboxWords.most,
    InboxWords.dryRun,
    InboxWords.yes,
    InboxWords.json
  ],
  oneOf: [InboxWords.archive, InboxWords.remove],
  answer: (values) =>
    Effect.gen(function* () {
      const option = InboxWords.handledBefore
      const from = yield* InboxWords.ago(Words.one(values, option) ?? "", option)
      const maxRows = (yield* InboxWords.limitOf(values)) ?? Number.POSITIVE_INFINITY
      const isArchived = values.has(InboxWords.archive.flag)
      return yield* within(
        undefined,
        Effect.gen(function* () {
          const keepFor = Duration.millis((yield* Clock.currentTimeMillis) - from)
          const verb = isArchived ? "archived" : "deleted"
          const isDry = values.has(InboxWords.dryRun.flag)
          if (isDry || !values.has(InboxWords.yes.flag)) {
            const rows = Math.min(yield* Retention.due(keepFor), maxRows)
            const text = `${Text.many(rows, "row")} would be ${verb}.`
            if (isDry || rows === 0) {
              return { text: `${text}\n`, json: { dryRun: true, rows }, exitCode: 0 }
            }
            yield* confirmed(text, isArchived ? "Archive them?" : "Delete them, for ever?")
          }
          const swept = yield* Retention.sweep({
            action: isArchived ? "archive" : "delete",
            keepFor,
            maxRows
          })
          return {
            text: `${Text.many(swept.rows, "row")} ${swept.rows === 1 ? "was" : "were"} ${verb}.${swept.isMoreLeft ? " There may be more." : ""}\n`,
            json: swept,
            exitCode: 0
          }
        }).pipe(Effect.provide(Inbox.layer))
      )
    })
}
