import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Fault from "../Fault.js"
import * as Rules from "../Rules.js"
import type { Options } from "../Sandbox.js"
import { SandboxInvalid } from "../SandboxError.js"
import * as Faults from "./faults.js"
import { merchantsOf } from "./merchants.js"
import { makeGenerator } from "./random.js"
import * as Time from "./time.js"

/** What is wrong with an option that a schema describes: which field, and why. */
const problemsOf = <A, I>(name: string, schema: Schema.Schema<A, I>, value: A): ReadonlyArray<string> =>
  Either.match(Schema.validateEither(schema)(value), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(
        ({ message, path }) => `${[name, ...path.map(String)].join(".")}: ${message}`
      ),
    onRight: () => []
  })

/** The options as an engine takes them, or everything that is wrong with them. */
export const settingsOf = (options: Options, seed: number) =>
  Effect.gen(function* () {
    const merchants = yield* merchantsOf(options)
    const startAt = options.clock?.startAt
    const start = startAt === undefined ? Option.none() : DateTime.make(startAt)
    const problems = [
      ...(startAt === undefined || Option.exists(start, Time.isWithin)
        ? []
        : ["the clock's start is no time between 1970 and 9999"]),
      ...problemsOf("rules", Rules.Changes, options.rules ?? {}),
      ...problemsOf("faults", Fault.Plan, options.faults ?? {})
    ]
    if (problems.length > 0) {
      return yield* new SandboxInvalid({ problems })
    }
    return {
      merchants,
      time: yield* Time.make({
        startAt: Option.getOrUndefined(Option.map(start, DateTime.toEpochMillis)),
        frozen: options.clock?.frozen ?? false
      }),
      random: makeGenerator(seed),
      world: {
        seed,
        rules: { ...Rules.defaults, ...options.rules },
        faults: Faults.begin(options.faults ?? {}),
        told: 0,
        forgotten: 0
      }
    }
  })
