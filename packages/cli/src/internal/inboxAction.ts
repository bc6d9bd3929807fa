/** What an action of `yunmo inbox` is. */

import type { FileSystem } from "@effect/platform/FileSystem"
import type { Summary } from "@effect-yunmo/notifications/InboxRow"
import type * as Effect from "effect/Effect"
import type { Answer } from "./answer.js"
import type { CommandFailed } from "./failure.js"
import type * as Words from "./words.js"

export interface Action extends Words.Entry {
  /** What stands alone behind the name, where something does. */
  readonly argument?: string
  readonly answer: (
    values: Words.Values,
    argument: string
  ) => Effect.Effect<Answer, CommandFailed, FileSystem>
}

/** So many rows a person is shown, unless more are asked for. */
export const shownRows = 20

/** So many at most, in JSON too. */
export const mostRows = 1000

export const summaryJson = ({ fingerprint, ...row }: Summary) => ({
  ...row,
  fingerprint: Buffer.from(fingerprint).toString("hex")
})
