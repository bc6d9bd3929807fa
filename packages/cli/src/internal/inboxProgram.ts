/** The actions of `yunmo inbox`, and which of them the words ask for. */

import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { type Answer, print } from "./answer.js"
import type { CommandFailed } from "./failure.js"
import type { Action } from "./inboxAction.js"
import { listing, showing, stats } from "./inboxLooking.js"
import { pruning, rechecking, replaying } from "./inboxMending.js"
import * as Words from "./words.js"

export const actions: ReadonlyArray<Action> = [listing, showing, stats, replaying, rechecking, pruning]

const command = "yunmo inbox"

const about = `What the inbox in the database of YUNMO_DATABASE keeps, beside running programs: a SQLite file, or postgres://…. Further settings are
YUNMO_AT_REST_KEYS, YUNMO_CONTRACT_FILE, and for recheck YUNMO_MERCHANTS_FILE, or YUNMO_MERCHANT_NO, YUNMO_SECRET_KEY and
YUNMO_ACCEPTED_SECRET_KEYS.
Exit code 0 when it is done, 1 when a row is not there or stays set aside, 2 when it was asked wrongly or there is no such
database, 3 when the database failed or was busy: what was done until then stays, and it may be asked again.`

const takes = (name: string, { argument }: Action): string =>
  argument === undefined ? `${command} ${name}` : `${command} ${name} <${argument}>`

/** What the words behind `yunmo inbox` come to. */
export const answered = (words: ReadonlyArray<string>): Effect.Effect<Answer, CommandFailed, FileSystem> => {
  const [first, ...others] = words
  if (first === undefined || first === "--help" || first === "-h") {
    const text = Words.helpOfAll(command, "action", about, actions)
    return Effect.succeed({ text, json: { help: text }, exitCode: 0 })
  }
  return Effect.gen(function* () {
    const action = yield* Words.find(command, "action", actions, first)
    if (Words.wantsHelp(others)) {
      const text = Words.help(takes(action.name, action), action)
      return { text, json: { help: text }, exitCode: 0 }
    }
    const [argument = "", ...rest] = others
    const isGiven = action.argument !== undefined && !argument.startsWith("-")
    const values = yield* Words.read(`${command} ${action.name}`, action, isGiven ? rest : others)
    return yield* action.answer(values, isGiven ? argument : "")
  })
}

export const run = (words: ReadonlyArray<string>): Effect.Effect<void, never, FileSystem> =>
  print(words.includes("--json"), answered(words))
