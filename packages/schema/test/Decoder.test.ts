/**
 * `Codec.decoder` reads the ordinary case in a shorter way than Schema: whatever comes, the two agree on the value, its keys
 * and their order, and on every error. The seed is fixed; a failure prints it with its path.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Amount } from "../src/Amount.js"
import * as Codec from "../src/Codec.js"
import { proposed } from "../src/Contract.js"
import { operations } from "../src/Operation.js"
import * as Wire from "../src/Wire.js"
import { anyRequest, anyResponse, dtos, names, prints, reveal } from "./support.js"

const parameters = { seed: 20_261_123, numRuns: 60 }

/** An object with the order of its keys, which assertions pass over. */
const ordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(ordered)
    : typeof value === "object" && value !== null
      ? Object.entries(value).map(([key, member]) => [key, ordered(member)])
      : value

const shown = (result: Either.Either<unknown, ParseResult.ParseError>) =>
  Either.match(result, {
    onLeft: (error) => ({ problems: ParseResult.ArrayFormatter.formatErrorSync(error) }),
    onRight: (value) => ({ value: ordered(reveal(value)) })
  })

const agree = (schema: Schema.Schema.AnyNoContext, value: unknown) => {
  const bySchema = Schema.decodeUnknownEither(schema, { errors: "all" })(value)
  const read = Codec.decoder(schema)(value)
  assert.deepStrictEqual(shown(read), shown(bySchema))
  return Either.isRight(read)
}

/** What may stand where a field was: forms that mean the same, and forms that mean nothing. */
const anything = FastCheck.oneof(
  FastCheck.constantFrom(
    null,
    undefined,
    "",
    " ",
    "1250.75",
    "-0.0",
    "1e3",
    "true",
    "__proto__",
    "1770712296681"
  ),
  FastCheck.string(),
  FastCheck.double(),
  FastCheck.integer(),
  FastCheck.boolean(),
  FastCheck.jsonValue()
)

/** The same data with some of it gone, changed or added. */
const damaged = (data: unknown): FastCheck.Arbitrary<unknown> =>
  Array.isArray(data)
    ? FastCheck.oneof(FastCheck.tuple(...data.map(damaged)), FastCheck.constant([...data, 1]), anything)
    : typeof data === "object" && data !== null
      ? FastCheck.tuple(
          FastCheck.record(
            Object.fromEntries(
              Object.entries(data).map(([key, member]) => [
                key,
                FastCheck.oneof(
                  { weight: 6, arbitrary: FastCheck.constant(member) },
                  damaged(member),
                  anything
                )
              ])
            ),
            { requiredKeys: [] }
          ),
          FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue(), { maxKeys: 2 })
        ).map(([known, added]) => ({ ...known, ...added }))
      : anything

const law = <A>(data: FastCheck.Arbitrary<A>, schema: Schema.Schema.AnyNoContext) => {
  let fitting = 0
  FastCheck.assert(
    FastCheck.property(
      data.chain((value) => FastCheck.oneof(FastCheck.constant<unknown>(value), damaged(value))),
      (value) => {
        fitting += agree(schema, value) ? 1 : 0
      }
    ),
    parameters
  )
  assert.isAbove(fitting, 0, "some of it fits")
}

describe.each(names)("%s", (name) => {
  const of = (half: { readonly schema: unknown }) => half.schema as Schema.Schema.AnyNoContext

  it("a response is read as Schema reads it", () => {
    const data = anyResponse(name).map((value) =>
      Either.getOrThrow(Codec.encodeResponse(proposed, name, value))
    )
    law(data, of(operations[name].response))
  })

  it("a request is read as Schema reads it", () => {
    const data = anyRequest(name).map((value) =>
      Either.getOrThrow(Codec.encodeRequest(proposed, name, value))
    )
    law(data, of(operations[name].request))
  })
})

describe("every data object", () => {
  it.each(dtos.map((dto) => [dto.name, dto] as const))("%s, of anything", (_, { schema }) => {
    FastCheck.assert(
      FastCheck.property(anything, (value) => {
        agree(schema, value)
      }),
      parameters
    )
  })
})

describe("schemas of every kind", () => {
  const kinds: ReadonlyArray<readonly [string, Schema.Schema.AnyNoContext]> = [
    ["text", Wire.Text],
    ["an integer as text", Wire.IntegerText],
    ["a flag", Wire.Flag],
    ["epoch milliseconds", Wire.EpochMillis],
    ["a secret", Wire.Secret],
    ["a secret that says something", Wire.NonBlankSecret],
    ["a choice of objects", Schema.Union(Schema.Struct({ a: Wire.Text }), Schema.Struct({ b: Wire.Flag }))],
    ["a choice of values", Schema.Union(Schema.Literal("a", 1, true, null), Schema.Undefined, Schema.Number)],
    ["a pair", Schema.Tuple(Schema.String, Schema.optionalElement(Schema.Number))],
    ["a list that is not empty", Schema.NonEmptyArray(Wire.Text)],
    ["a record", Schema.Record({ key: Schema.String, value: Wire.Text })],
    ["anything that is there", Schema.Struct({})],
    ["a date", Schema.Date],
    ["a fallback", Wire.Flag.annotations({ decodingFallback: () => Either.right(false) })],
    [
      "a fallback before another choice",
      Schema.Struct({
        a: Schema.Union(Wire.Flag.annotations({ decodingFallback: () => Either.right(false) }), Wire.Text)
      })
    ],
    [
      "a choice of changed objects, told apart by a literal",
      Schema.Union(
        Schema.Struct({ a: Schema.optionalWith(Schema.Unknown, { default: () => "none" }) }),
        Schema.Struct({
          e: Schema.Literal("true"),
          b: Schema.optionalWith(Schema.Unknown, { default: () => "none" })
        })
      )
    ],
    [
      "a choice of lists, told apart by a literal",
      Schema.Union(
        Schema.Array(Schema.Unknown),
        Schema.Tuple(Schema.Literal("true"), Schema.NumberFromString)
      )
    ],
    [
      "fields of other names, with defaults",
      Schema.Struct({
        a: Schema.optionalWith(Wire.Text, { default: () => "none" }),
        b: Schema.optionalWith(Wire.Flag, { as: "Option", nullable: true }),
        c: Schema.propertySignature(Schema.Boolean).pipe(Schema.fromKey("e")),
        d: Schema.Unknown
      })
    ],
    [
      "options of its own",
      Schema.Struct({ a: Wire.Text }).annotations({ parseOptions: { onExcessProperty: "error" } })
    ]
  ]
  const inputs = FastCheck.oneof(
    anything,
    FastCheck.array(anything, { maxLength: 3 }),
    FastCheck.constantFrom<unknown>(["true", "1"], { e: "true" }),
    FastCheck.record(
      { a: anything, b: anything, d: anything, e: anything, extra: anything },
      { requiredKeys: [] }
    )
  )

  it.each(kinds)("%s", (_, schema) => {
    FastCheck.assert(
      FastCheck.property(inputs, (value) => {
        agree(schema, value)
      }),
      { ...parameters, numRuns: 400 }
    )
  })
})

describe("what was decoded", () => {
  it("has an amount's exact value, read when it is asked for", () => {
    const amount = Option.getOrThrow(Amount.fromText("20.00"))
    assert.strictEqual(amount.value.value, 2000n)
    assert.strictEqual(amount.value, amount.value)
  })

  it("shows no secret", () => {
    const decoded = Either.getOrThrow(
      Codec.decodeResponse(proposed, "getCardPan", {
        encryptData: "4242424242424242",
        later: "4111111111111111"
      })
    )
    assert.notInclude(prints(decoded), "4242424242424242")
    assert.notInclude(prints(decoded), "4111111111111111")
  })
})
