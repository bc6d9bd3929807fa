/** What the words behind `yunmo sandbox` ask for. */

import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { CommandFailed } from "./failure.js"
import * as Options from "./sandboxOptions.js"
import * as Values from "./values.js"
import * as Words from "./words.js"

export interface Flags {
  readonly port: number
  readonly host: string
  readonly callback: string | undefined
  readonly seed: string | undefined
  readonly database: string | undefined
  readonly clock: DateTime.Utc | undefined
  readonly frozen: boolean
  readonly rules: ReadonlyArray<string>
  readonly faults: string | undefined
  readonly settleAfter: Duration.Duration | undefined
  readonly kycReviewAfter: Duration.Duration | undefined
  readonly resend: ReadonlyArray<Duration.Duration> | undefined
  readonly allowRemoteCallbacks: boolean
  readonly allowRemoteControl: boolean
}

const command = "yunmo sandbox"

const portOf = (text: string): Option.Option<number> =>
  Option.liftPredicate((port: number) => port <= 65_535)(/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN)

/** The value of an option that may be absent. */
const valueOf = <A>(
  values: Words.Values,
  option: Words.Option,
  read: (text: string) => Option.Option<A>,
  expected: string
): Either.Either<A | undefined, CommandFailed> => {
  const text = Words.one(values, option)
  return text === undefined
    ? Either.right(undefined)
    : Either.fromOption(read(text), () =>
        Words.usage(`The option ${option.flag} expects ${expected}; see ${command} --help.`)
      )
}

export const read = (words: ReadonlyArray<string>): Either.Either<Flags, CommandFailed> =>
  Either.gen(function* () {
    const values = yield* Words.read(command, Options.entry, words)
    const duration = (option: Words.Option) =>
      valueOf(values, option, Values.duration, Values.durationExpected)
    const text = (option: Words.Option) => Words.one(values, option)
    const isGiven = (option: Words.Option) => text(option) !== undefined
    return {
      port: (yield* valueOf(values, Options.port, portOf, "a number from 0 to 65535")) ?? 8788,
      host: text(Options.host) ?? "127.0.0.1",
      callback: text(Options.callback),
      seed: text(Options.seed),
      database: text(Options.database),
      clock: yield* valueOf(values, Options.clock, Values.instant, Values.instantExpected),
      frozen: isGiven(Options.frozen),
      rules: Words.all(values, Options.rule),
      faults: text(Options.faults),
      settleAfter: yield* duration(Options.settleAfter),
      kycReviewAfter: yield* duration(Options.kycReviewAfter),
      resend: yield* valueOf(values, Options.resend, Values.durations, Values.durationsExpected),
      allowRemoteCallbacks: isGiven(Options.allowRemoteCallbacks),
      allowRemoteControl: isGiven(Options.allowRemoteControl)
    }
  })

/** What is printed for those who ask what there is; nothing for all others. */
export const helpFor = (words: ReadonlyArray<string>): string | undefined =>
  Words.wantsHelp(words) ? Words.help(command, Options.entry) : undefined
