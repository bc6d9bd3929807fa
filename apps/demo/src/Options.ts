/** The demo's command line. */
import { randomInt } from "node:crypto"
import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

export interface Options {
  readonly json: boolean
  readonly keep: boolean
  readonly help: boolean
  readonly seed: string
}

export const usage = `Drives one card from login to settlement through sandbox, webhook and worker as real processes.

  --json       print one JSON object instead of lines: ok, steps, notifications, database
  --keep       leave the processes running until Ctrl-C, and say how to reach them
  --seed TEXT  repeat a run: the same seed gives the same sandbox ids (chosen and printed when not given)
  --help       this text
`

export class UsageInvalid extends Data.TaggedError("UsageInvalid")<{ readonly problem: string }> {
  override get message(): string {
    return `${this.problem}\n\n${usage}`
  }
}

export const read = (args: ReadonlyArray<string>): Effect.Effect<Options, UsageInvalid> =>
  Effect.try({
    try: () =>
      parseArgs({
        args: [...args],
        options: {
          json: { type: "boolean", default: false },
          keep: { type: "boolean", default: false },
          help: { type: "boolean", default: false },
          seed: { type: "string" }
        }
      }).values,
    catch: (error) => new UsageInvalid({ problem: error instanceof Error ? error.message : String(error) })
  }).pipe(
    Effect.map(({ help, json, keep, seed }) => ({
      json: json ?? false,
      keep: keep ?? false,
      help: help ?? false,
      seed: seed ?? String(randomInt(1_000_000))
    }))
  )
