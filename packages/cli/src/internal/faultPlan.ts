/** Plans of bad days, from a file or from the command line. */

import * as Fault from "@effect-yunmo/sandbox/Fault"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandFailed } from "./failure.js"
import * as Input from "./input.js"
import * as Issues from "./issues.js"

const parse = Schema.decodeUnknownEither(Schema.parseJson())
const decode = Schema.decodeUnknownEither(Fault.Plan)

/** `name` begins the sentence about what is wrong. */
export const fromText = (name: string, text: string): Either.Either<Fault.Plan, CommandFailed> => {
  const fail = (sentence: string) => new CommandFailed({ code: "FaultPlanInvalid", sentence })
  return Either.flatMap(
    Either.mapLeft(parse(text), () =>
      fail(`${name} is not JSON; write an object such as {"calls":[{"fault":"lost","rate":0.1}]}.`)
    ),
    (json) =>
      Either.mapLeft(decode(json), (error) =>
        fail(`${name} is no plan of faults: ${Issues.of(error).join("; ")}.`)
      )
  )
}

export const fromFile = (path: string): Effect.Effect<Fault.Plan, CommandFailed> =>
  Effect.flatMap(Input.read(Option.some(path), undefined, "a plan of faults"), (bytes) =>
    fromText(path === "-" ? "Standard input" : `The file ${path}`, new TextDecoder().decode(bytes))
  )
