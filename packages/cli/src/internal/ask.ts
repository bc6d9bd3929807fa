/** A question to whoever sits at the terminal. */

import { createInterface } from "node:readline/promises"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./failure.js"

/**
 * Shows on standard error what would be done, and asks. Without a terminal there is nobody to ask, and nothing is done
 * that was not said.
 */
export const confirmed = (shown: string, question: string): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      return yield* new CommandFailed({
        code: "NotConfirmed",
        sentence:
          "Nobody can be asked here, so nothing was done; --dry-run shows what would be, and --yes does it."
      })
    }
    const answer = yield* Effect.acquireUseRelease(
      Effect.sync(() => createInterface({ input: process.stdin, output: process.stderr })),
      (terminal) =>
        Effect.promise((signal) =>
          terminal.question(`${shown}\n${question} [y/N] `, { signal }).catch(() => "")
        ),
      (terminal) => Effect.sync(() => terminal.close())
    )
    if (!/^y(es)?$/i.test(answer.trim())) {
      return yield* new CommandFailed({ code: "NotConfirmed", sentence: "Nothing was done." })
    }
  })
