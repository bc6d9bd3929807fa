/** Rules of the sandbox as words: `checkSignature=off`, `tokenLifetimeSeconds="2 hours"`. */

import * as Rules from "@effect-yunmo/sandbox/Rules"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandFailed } from "./failure.js"
import * as Values from "./values.js"

const onOrOff = "on or off"
const time = 'seconds, a duration such as "10 minutes", or off'

/** What each takes, for the person who got it wrong. */
const takes: Readonly<Record<keyof Rules.Rules, string>> = {
  checkSignature: onOrOff,
  checkToken: onOrOff,
  tokenLifetimeSeconds: time,
  loginEndsOldTokens: onOrOff,
  allowedAddresses: "addresses with commas between, or off",
  clockSkewSeconds: time,
  nonceReuse: "allow or refuse",
  version: "exact, anyCase or any",
  duplicateOrders: "refuse or execute",
  settleAfterSeconds: time,
  kycReviewAfterSeconds: time,
  magic: onOrOff
}

export const names: ReadonlyArray<string> = Object.keys(takes)

const isName = (name: string): name is keyof Rules.Rules => Object.hasOwn(takes, name)

const decode = Schema.decodeUnknownEither(Rules.Changes)
const parseJson = Schema.decodeUnknownOption(Schema.parseJson())

/** What a word may stand for, the likeliest first; the rule itself says which of them it takes. */
const readings = (text: string): ReadonlyArray<unknown> => [
  ...Option.toArray(parseJson(text)),
  ...(text === "off" ? [null, false] : text === "on" ? [true] : []),
  text,
  ...Option.toArray(Option.map(Values.duration(text), Duration.toSeconds)),
  text.split(",").map((part) => part.trim())
]

const wrong = (sentence: string) => Either.left(new CommandFailed({ code: "RuleInvalid", sentence }))

const readOne = (entry: string): Either.Either<Rules.Changes, CommandFailed> => {
  const at = entry.indexOf("=")
  const name = at === -1 ? entry : entry.slice(0, at)
  if (!isName(name)) {
    return wrong(`There is no rule ${Values.printable(name)}; the rules are ${names.join(", ")}.`)
  }
  const text = at === -1 ? "" : entry.slice(at + 1).trim()
  const fitting = Arr.findFirst(text === "" ? [] : readings(text), (value) =>
    Either.getRight(decode({ [name]: value }))
  )
  return Option.match(fitting, {
    onNone: () => wrong(`The rule ${name} takes ${takes[name]}; write --rule ${name}=..., with one of them.`),
    onSome: Either.right
  })
}

/** All of them as one set of changes. */
export const read = (entries: ReadonlyArray<string>): Either.Either<Rules.Changes, CommandFailed> =>
  Either.gen(function* () {
    const given = entries.map((entry) => entry.split("=", 1)[0] ?? "")
    const twice = given.find((name, at) => given.indexOf(name) !== at)
    if (twice !== undefined) {
      return yield* wrong(`The rule ${Values.printable(twice)} is given twice; give it once.`)
    }
    let changes: Rules.Changes = {}
    for (const entry of entries) {
      changes = { ...changes, ...(yield* readOne(entry)) }
    }
    return changes
  })
