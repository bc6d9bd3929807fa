/** What a command answers: text or one JSON object on standard output, remarks on standard error, and an exit code. */

import * as Effect from "effect/Effect"
import type { CommandFailed } from "./failure.js"

export interface Answer {
  /** For a person, ended by a line end. */
  readonly text: string
  readonly json: unknown
  /** For standard error, one line each. */
  readonly notes?: ReadonlyArray<string>
  readonly exitCode: number
}

/** Prints the answer, or the sentence of what failed, with its exit code. */
export const print = <R>(
  isJson: boolean,
  answer: Effect.Effect<Answer, CommandFailed, R>
): Effect.Effect<void, never, R> =>
  Effect.matchEffect(answer, {
    onFailure: ({ code, exitCode = 2, sentence }) =>
      isJson
        ? Effect.zipRight(
            write(process.stdout, `${JSON.stringify({ error: { code, message: sentence } })}\n`),
            exitWith(exitCode)
          )
        : Effect.zipRight(write(process.stderr, `yunmo: ${sentence}\n`), exitWith(exitCode)),
    onSuccess: ({ exitCode, json, notes = [], text }) =>
      Effect.gen(function* () {
        for (const note of notes) {
          yield* write(process.stderr, `yunmo: ${note}\n`)
        }
        yield* write(process.stdout, isJson ? `${JSON.stringify(json)}\n` : text)
        yield* exitWith(exitCode)
      })
  })

/** Waits until it is written; a reader that has gone away, as `head` does, is no failure. */
const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.async((resume) => {
    const done = (): void => resume(Effect.void)
    stream.once("error", done)
    stream.write(text, done)
  })

/** The code with which the process ends by itself. */
export const exitWith = (code: number): Effect.Effect<void> =>
  Effect.sync(() => {
    process.exitCode = code
  })
