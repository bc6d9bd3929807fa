/** How the commands of `yunmo trigger` and `yunmo inspect` are written down: their options, the call, and what is said of its answer. */

import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Answer } from "./answer.js"
import * as Control from "./control.js"
import type { CommandFailed } from "./failure.js"
import * as Issues from "./issues.js"
import * as Words from "./words.js"

/** An option whose value is a field of the call's input. */
export interface Field extends Words.Option {
  readonly field: string
  /** From the text to the JSON value of the field; what does not fit is said as the end of a sentence. */
  readonly read?: (text: string) => Either.Either<unknown, string>
}

export interface Entry extends Words.Entry {
  readonly run: (values: Words.Values) => Effect.Effect<Answer, CommandFailed, HttpClient>
}

interface Spec<A, B, J> extends Words.Entry {
  readonly input: (values: Words.Values) => Effect.Effect<A, CommandFailed>
  readonly call: (client: Control.Client, input: A) => Effect.Effect<B, Control.Failure>
  /** Of the answer; one that is nothing is `{}` as JSON. */
  readonly output: Schema.Schema<B, J>
  /** Of the answer as JSON has it, amounts being text there. */
  readonly tell: (answer: J, input: A) => string
}

const json: Words.Option = { flag: "--json", about: "answers with JSON, failures included" }

/** The options that every entry has. */
export const common: ReadonlyArray<Words.Option> = [Control.sandboxUrl, json]

export const entry = <A, B, J>({ call, input, output, tell, ...words }: Spec<A, B, J>): Entry => ({
  ...words,
  options: [...words.options, ...common],
  run: (values) =>
    Effect.gen(function* () {
      const given = yield* input(values)
      const answer = yield* Control.ask(Words.one(values, Control.sandboxUrl), (client) =>
        call(client, given)
      )
      const encoded = Schema.encodeSync(output)(answer)
      return { text: `${tell(encoded, given)}\n`, json: encoded === undefined ? {} : encoded, exitCode: 0 }
    })
})

/** The input of a call from the options that are its fields, and from what the command itself says. */
const fromFields =
  <A, I>(
    schema: Schema.Schema<A, I>,
    fields: ReadonlyArray<Field>,
    fixed: Readonly<Record<string, unknown>>
  ) =>
  (values: Words.Values): Either.Either<A, CommandFailed> => {
    const given: Record<string, unknown> = { ...fixed }
    for (const field of fields) {
      const text = Words.one(values, field)
      if (text !== undefined) {
        const value = field.read === undefined ? Either.right(text) : field.read(text)
        if (Either.isLeft(value)) {
          return Either.left(Words.usage(`The option ${field.flag} expects ${value.left}.`))
        }
        given[field.field] = value.right
      }
    }
    const flagOf = (path: string): string => fields.find(({ field }) => field === path)?.flag ?? path
    return Either.mapLeft(Schema.decodeUnknownEither(schema)(given), (error) =>
      Words.usage(`What is asked for does not fit: ${Issues.of(error, flagOf).join("; ")}.`)
    )
  }

/** One whose input is made of its options. */
export const fieldsEntry = <A, I, B, J>({
  fixed = {},
  options,
  schema,
  ...spec
}: Omit<Spec<A, B, J>, "input" | "options"> & {
  readonly schema: Schema.Schema<A, I>
  readonly options: ReadonlyArray<Field>
  readonly fixed?: Readonly<Record<string, unknown>>
}): Entry => entry({ ...spec, options, input: fromFields(schema, options, fixed) })
