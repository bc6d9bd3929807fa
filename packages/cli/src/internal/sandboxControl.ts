/** What `yunmo trigger` and `yunmo inspect` run. */

import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import { type Answer, print } from "./answer.js"
import type { Entry } from "./entries.js"
import { events } from "./events.js"
import type { CommandFailed } from "./failure.js"
import { views } from "./views.js"
import * as Words from "./words.js"

interface Table {
  readonly command: string
  /** What its entries are called. */
  readonly noun: string
  readonly about: string
  readonly entries: ReadonlyArray<Entry>
}

const told = (text: string): Effect.Effect<Answer> =>
  Effect.succeed({ text, json: { help: text }, exitCode: 0 })

const answer = (
  { about, command, entries, noun }: Table,
  words: ReadonlyArray<string>
): Effect.Effect<Answer, CommandFailed> =>
  Effect.gen(function* () {
    const [name, ...rest] = words
    if (name === "--help" || name === "-h") {
      return yield* told(Words.helpOfAll(command, noun, about, entries))
    }
    const entry = yield* Words.find(command, noun, entries, name)
    const full = `${command} ${entry.name}`
    if (Words.wantsHelp(rest)) {
      return yield* told(Words.help(full, entry))
    }
    const values = yield* Words.read(full, entry, rest)
    return yield* entry.run(values).pipe(Effect.provide(NodeHttpClient.layer))
  })

const credential =
  "The credential is taken from SANDBOX_CONTROL_TOKEN, with the sandbox's own for development where it is not set.\nExit code 0 when it is done, 1 when the sandbox refused, 2 when it could not be asked, 3 when it failed."

const tables = {
  trigger: {
    command: "yunmo trigger",
    noun: "event",
    about: `Makes something happen in a running sandbox, as a cardholder, a shop, a bank or the vendor's staff would.\n${credential}`,
    entries: events
  },
  inspect: {
    command: "yunmo inspect",
    noun: "view",
    about: `Shows what is in a running sandbox, and what happened there.\n${credential}`,
    entries: views
  }
} satisfies Record<string, Table>

export type Name = keyof typeof tables

/** What the words behind `yunmo trigger` or `yunmo inspect` come to. */
export const answerTo = (name: Name, words: ReadonlyArray<string>): Effect.Effect<Answer, CommandFailed> =>
  answer(tables[name], words)

export const run = (name: Name, words: ReadonlyArray<string>): Effect.Effect<void> =>
  print(words.includes("--json"), answerTo(name, words))
