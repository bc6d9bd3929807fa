/**
 * What must not compile: `tsc -p test/tsconfig.json` fails when a line marked as an error is none. Nothing here is
 * called, so that only the compiler judges it.
 */
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { Amount } from "../src/Amount.js"
import * as Codec from "../src/Codec.js"
import * as Contract from "../src/Contract.js"
import * as Ids from "../src/Ids.js"
import * as Notification from "../src/Notification.js"
import * as Operation from "../src/Operation.js"
import type * as ResponseCode from "../src/ResponseCode.js"
import * as ResponseError from "../src/ResponseError.js"
import type { VendorTime } from "../src/VendorTime.js"

const cardId = Ids.CardId.make("CD1")
const customerId = Ids.CustomerId.make("CU1")
const contract = Contract.proposed

/** Takes what is only to be compiled. */
const compiled = (uncalled: () => unknown) => expectTypeOf(uncalled).toBeFunction()

describe("requests", () => {
  it("take the ids they are about, and no others", () => {
    compiled(() => Codec.encodeRequest(contract, "freezeCard", { cardId }))
    // @ts-expect-error a customer id is no card id
    compiled(() => Codec.encodeRequest(contract, "freezeCard", { cardId: customerId }))
    // @ts-expect-error text is no card id
    compiled(() => Codec.encodeRequest(contract, "freezeCard", { cardId: "CD1" }))
  })

  it("take their own fields, all of them, and no others", () => {
    // @ts-expect-error the operation has no such field
    compiled(() => Codec.encodeRequest(contract, "freezeCard", { cardId, reason: "lost" }))
    // @ts-expect-error the card is missing
    compiled(() => Codec.encodeRequest(contract, "freezeCard", {}))
    // @ts-expect-error there is no such operation
    compiled(() => Codec.encodeRequest(contract, "freezeCards", { cardId }))
  })

  it("take amounts and secrets, not numbers and text", () => {
    expectTypeOf<Operation.RequestOf<"adjustBalance">["amount"]>().toEqualTypeOf<Amount>()
    expectTypeOf<Operation.RequestOf<"submitKyc">["idNumber"]>().toEqualTypeOf<Redacted.Redacted<string>>()
    expectTypeOf<Operation.RequestOf<"login">>().toEqualTypeOf<{
      readonly apiKey: Redacted.Redacted<string>
    }>()
    // @ts-expect-error a limit is an amount
    compiled(() => Codec.encodeRequest(contract, "updateCardLimit", { cardId, dailyLimit: 100 }))
    // @ts-expect-error an API key is a secret
    compiled(() => Codec.encodeRequest(contract, "login", { apiKey: "1234" }))
  })
})

describe("responses", () => {
  it("are typed by their operation", () => {
    expectTypeOf(Codec.decodeResponse(contract, "freezeCard", true)).toEqualTypeOf<
      Either.Either<boolean, Codec.DataInvalid>
    >()
    expectTypeOf<Operation.ResponseOf<"getCardDetail">["balance"]>().toEqualTypeOf<Amount | undefined>()
    expectTypeOf<Operation.ResponseOf<"getCardPanHtml">>().toEqualTypeOf<Redacted.Redacted<string>>()
    expectTypeOf<Operation.ResponseOf<"listCustomerCards">[number]["cardId"]>().toEqualTypeOf<Ids.CardId>()
    expectTypeOf<Operation.ResponseOf<"createCustomer">["unknownFields"]>().toEqualTypeOf<
      Redacted.Redacted<Readonly<Record<string, unknown>>>
    >()
  })

  it("have no fields but their own", () => {
    // @ts-expect-error the answer has no field of this name
    compiled((detail?: Operation.ResponseOf<"getCardDetail">) => detail?.pan)
  })
})

describe("errors", () => {
  const failing: Effect.Effect<number, ResponseError.ResponseError> = Effect.succeed(1)
  const caught = Effect.catchTag(failing, "CardNotFound", () => Effect.succeed(0))

  it("have a tag for each code, and one more", () => {
    expectTypeOf<ResponseError.ResponseError["_tag"]>().toEqualTypeOf<
      ResponseCode.Name | "UnknownResponseCode"
    >()
  })

  it("go away when caught, and only then", () => {
    expectTypeOf<Effect.Effect.Error<typeof caught>>().toEqualTypeOf<
      Exclude<ResponseError.ResponseError, { readonly _tag: "CardNotFound" }>
    >()
    // @ts-expect-error there is no such tag
    compiled(() => Effect.catchTag(failing, "CardLost", () => Effect.succeed(0)))
    // @ts-expect-error 29 tags are not handled
    compiled((): Effect.Effect<number> => caught)
  })
})

describe("groups of errors", () => {
  interface Offline {
    readonly _tag: "Offline"
  }
  const failing: Effect.Effect<number, ResponseError.ResponseError | Offline> = Effect.succeed(1)
  const succeed = () => Effect.succeed(0)

  it("are named after the table", () => {
    expectTypeOf<ResponseCode.FamilyOf<"TokenExpired" | "CardNotFound">>().toEqualTypeOf<
      "authentication" | "card"
    >()
    expectTypeOf<ResponseCode.NameIn<"server" | "order">>().toEqualTypeOf<
      "VendorInternalError" | "ThirdPartyError" | "OrderNotFound"
    >()
    expectTypeOf<ResponseError.TokenExpired["family"]>().toEqualTypeOf<"authentication">()
    // @ts-expect-error there is no such family
    compiled(() => ResponseError.isFamily("money"))
    // @ts-expect-error there is no such advice
    compiled(() => ResponseError.isAdvice("retry"))
  })

  it("leave the error type by family, all but the codes that nobody listed", () => {
    const caught = Effect.catchIf(failing, ResponseError.isFamily("authentication"), succeed)
    expectTypeOf<Effect.Effect.Error<typeof caught>>().toEqualTypeOf<
      Exclude<ResponseError.ResponseError | Offline, { readonly _tag: ResponseCode.NameIn<"authentication"> }>
    >()
    const piped = failing.pipe(Effect.catchIf(ResponseError.isFamily("server", "order"), succeed))
    expectTypeOf<Effect.Effect.Error<typeof piped>>().toEqualTypeOf<
      Exclude<
        ResponseError.ResponseError | Offline,
        { readonly _tag: ResponseCode.NameIn<"server" | "order"> }
      >
    >()
    // @ts-expect-error the other families are not handled
    compiled((): Effect.Effect<number, Offline> => piped)
  })

  it("are handled as what they are, wherever they were caught before", () => {
    compiled(() =>
      failing.pipe(
        Effect.catchTag("TokenExpired", succeed),
        Effect.catchIf(ResponseError.isFamily("authentication"), (error) => {
          expectTypeOf(error._tag).toEqualTypeOf<
            Exclude<ResponseCode.NameIn<"authentication">, "TokenExpired"> | "UnknownResponseCode"
          >()
          expectTypeOf(error.family).toEqualTypeOf<"authentication">()
          return Effect.succeed(0)
        })
      )
    )
  })

  it("stay in the error type by advice, which a contract can change", () => {
    const caught = Effect.catchIf(failing, ResponseError.isAdvice("tryLater"), (error) => {
      expectTypeOf(error.advice).toEqualTypeOf<"tryLater">()
      expectTypeOf(error._tag).toEqualTypeOf<ResponseError.ResponseError["_tag"]>()
      return Effect.succeed(0)
    })
    expectTypeOf<Effect.Effect.Error<typeof caught>>().toEqualTypeOf<ResponseError.ResponseError | Offline>()
    // @ts-expect-error nothing is certain to be handled
    compiled((): Effect.Effect<number, Offline> => caught)
  })
})

describe("the table of operations", () => {
  const { adjustBalance, freezeCard } = Operation.operations

  it("has one safety for each, and keeps it", () => {
    expectTypeOf(adjustBalance.safety).toEqualTypeOf<"money">()
    expectTypeOf(freezeCard.safety).toEqualTypeOf<"idempotent">()
    // @ts-expect-error money is never idempotent
    compiled((): "idempotent" => adjustBalance.safety)
    // @ts-expect-error there is no such safety
    compiled((): boolean => freezeCard.safety === "safe")
    // @ts-expect-error the table is not changed at run time
    compiled(() => (adjustBalance.safety = "money"))
  })

  it("is matched to the last safety", () => {
    const without = (safety: Exclude<Operation.Safety, "decision">) => safety
    // @ts-expect-error decision is not handled
    compiled((safety: Operation.Safety) => without(safety))
  })
})

describe("enums", () => {
  it("mean what they mean, or nothing", () => {
    const meaning = Contract.meaningOf(contract, "orderStatus", "1")
    expectTypeOf(meaning).toEqualTypeOf<Option.Option<"pending" | "done" | "failed">>()
    // @ts-expect-error a meaning may be missing
    compiled((): "pending" | "done" | "failed" => meaning)
    // @ts-expect-error there is no such enum
    compiled(() => Contract.meaningOf(contract, "orderState", "1"))
    // @ts-expect-error an order is never settled, it is done
    compiled(() => Option.exists(meaning, (order) => order === "settled"))
    // @ts-expect-error raw text is no meaning
    compiled(() => Contract.wireValueOf(contract, "orderStatus", "SUCCESS"))
  })
})

describe("notifications", () => {
  const { $match } = Notification.Notification

  it("are matched to the last kind", () => {
    compiled(() => $match({ Kyc: () => 1, ThreeDs: () => 2, Trade: () => 3, Unknown: () => 4 }))
    // @ts-expect-error Unknown is not handled
    compiled(() => $match({ Kyc: () => 1, ThreeDs: () => 2, Trade: () => 3 }))
  })

  it("carry the data of their kind", () => {
    expectTypeOf<Notification.Of<"Trade">["data"]["eventTime"]>().toEqualTypeOf<VendorTime | undefined>()
    expectTypeOf<Notification.Of<"ThreeDs">["data"]["cardPan"]>().toEqualTypeOf<
      Redacted.Redacted<string> | undefined
    >()
    expectTypeOf<Notification.Of<"Unknown">["data"]>().toEqualTypeOf<Redacted.Redacted<unknown>>()
    // @ts-expect-error a KYC result is not about a card
    compiled((result?: Notification.Of<"Kyc">) => result?.data.cardId)
    // @ts-expect-error a KYC result has no key of a transaction
    compiled((result: Notification.Of<"Kyc">["data"]) => Notification.tradeKey(result))
  })
})

describe("corrections", () => {
  it("name what exists", () => {
    compiled(() => Contract.correct({ paths: { login: "/login" }, enums: { orderStatus: { "1": "done" } } }))
    compiled(() => Contract.correct({ signature: { nested: "omit", exempt: { submitKyc: ["idNumber"] } } }))
    // @ts-expect-error there is no such operation
    compiled(() => Contract.correct({ paths: { logIn: "/login" } }))
    // @ts-expect-error requests are not signed as Java prints them
    compiled(() => Contract.correct({ signature: { nested: "javaToString" } }))
    // @ts-expect-error there is no such operation
    compiled(() => Contract.correct({ signature: { exempt: { sendKyc: ["idNumber"] } } }))
    // @ts-expect-error a field of a transaction that says nothing of its kind
    compiled(() => Contract.correct({ tradeKindField: "amount" }))
    // @ts-expect-error an order is never finished, it is done
    compiled(() => Contract.correct({ enums: { orderStatus: { "1": "finished" } } }))
    // @ts-expect-error a meaning of another enum
    compiled(() => Contract.wireValueOf(contract, "threeDsResult", "increase"))
  })
})
