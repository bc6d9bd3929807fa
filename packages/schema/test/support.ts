import { inspect } from "node:util"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import { Amount } from "../src/Amount.js"
import { CardSampleInfoVo } from "../src/Card.js"
import type { JsonObject, JsonValue } from "../src/Codec.js"
import type * as Dto from "../src/Dto.js"
import { KycData, ThreeDsData, TradeData } from "../src/Notification.js"
import * as Operation from "../src/Operation.js"

/** Two `Redacted` look the same to any assertion; this shows what is in them, and amounts by their text. */
export const reveal = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) {
    return { redacted: reveal(Redacted.value(value)) }
  }
  if (value instanceof Amount) {
    return { amount: value.text }
  }
  if (Array.isArray(value)) {
    return value.map(reveal)
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, member]) => member !== undefined)
          .map(([key, member]) => [key, reveal(member)])
      )
    : value
}

/** Everything a program might print of a value. */
export const prints = (shown: unknown): string =>
  [
    inspect(shown, { depth: null, showHidden: true, getters: true }),
    String(shown),
    JSON.stringify(shown, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item)),
    shown instanceof Error ? `${shown.message}\n${shown.stack}` : "",
    Exit.isExit(shown) && Exit.isFailure(shown) ? Cause.pretty(shown.cause, { renderErrorCause: true }) : ""
  ].join("\n")

/** What travels: only JSON survives it. */
export const overTheWire = (value: JsonValue): JsonValue => JSON.parse(JSON.stringify(value))

export const json = (text: string): JsonObject => JSON.parse(text)

/** Looking a schema up by a type parameter gives TypeScript the union of all; the table pairs name and schema. */
export const anyRequest = <N extends Operation.Name>(name: N): FastCheck.Arbitrary<Operation.RequestOf<N>> =>
  Arbitrary.make(
    Operation.operations[name].request.schema as unknown as Schema.Schema<Operation.RequestOf<N>>
  )

export const anyResponse = <N extends Operation.Name>(
  name: N
): FastCheck.Arbitrary<Operation.ResponseOf<N>> =>
  Arbitrary.make(
    Operation.operations[name].response.schema as unknown as Schema.Schema<Operation.ResponseOf<N>>
  ).map((value) => withoutEmpty(Operation.operations[name].response.dto, value) as Operation.ResponseOf<N>)

/** Empty text in an optional field reads as absent, so no decoded response holds one. */
export const withoutEmpty = (dto: Dto.Dto | undefined, value: unknown): unknown =>
  Array.isArray(value)
    ? value.map((element) => withoutEmpty(dto, element))
    : dto === undefined || typeof value !== "object" || value === null || Redacted.isRedacted(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .filter(([key, member]) => !(dto.fields[key]?.optional === true && isEmpty(member)))
            .map(([key, member]) => [
              key,
              Object.hasOwn(dto.nested, key) ? withoutEmpty(dto.nested[key], member) : member
            ])
        )

const isEmpty = (value: unknown): boolean =>
  value === "" || (Redacted.isRedacted(value) && Redacted.value(value) === "")

export const names: ReadonlyArray<Operation.Name> = Operation.all.map(({ name }) => name)

/** Every data object there is, once. */
export const dtos: ReadonlyArray<Dto.Dto & { readonly schema: Schema.Schema.AnyNoContext }> = Object.values(
  Object.fromEntries(
    [
      ...Operation.all.flatMap(({ request, response }) => [request, response.dto]),
      ...Object.values(CardSampleInfoVo.nested),
      KycData,
      ThreeDsData,
      TradeData
    ]
      .filter((dto) => dto !== undefined)
      .map((dto) => [dto.name, dto as Dto.Dto & { readonly schema: Schema.Schema.AnyNoContext }])
  )
)

/** Plain decimal text, with the scales and signs that the vendor's samples have and worse. */
export const decimalText = FastCheck.tuple(
  FastCheck.boolean(),
  FastCheck.bigInt({ min: 0n, max: 10n ** 30n - 1n }),
  FastCheck.option(FastCheck.stringMatching(/^\d{1,18}$/), { nil: undefined })
).map(
  ([negative, whole, decimals]) =>
    `${negative ? "-" : ""}${whole}${decimals === undefined ? "" : `.${decimals}`}`
)
