import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Codec from "../src/Codec.js"
import * as Contract from "../src/Contract.js"
import type * as Dto from "../src/Dto.js"
import { KycData, ThreeDsData, TradeData } from "../src/Notification.js"
import * as Operation from "../src/Operation.js"
import { names, prints } from "./support.js"

const canary = "4111111111111111CANARY"

/** Each fits some fields and fails in others. */
const wrong: ReadonlyArray<Codec.JsonValue> = [
  { secret: canary },
  [canary],
  [[canary]],
  ` ${canary} `,
  canary,
  `${canary}\n`,
  { [canary]: { [canary]: canary } },
  true
]

/** A success is the caller's to show or not: text is what many fields want. */
const silentIfFailed = (exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isFailure(exit)) {
    assert.notInclude(prints(exit), "CANARY")
    const error = exit.cause._tag === "Fail" ? exit.cause.error : undefined
    assert.instanceOf(error, Codec.DataInvalid)
    assert.notInclude(prints(error), "CANARY")
  }
}

const full = (dto: Dto.Dto, value: Codec.JsonValue): Codec.JsonObject =>
  Object.fromEntries(Object.keys(dto.fields).map((field) => [field, value]))

describe("a problem never contains the value", () => {
  describe.each(names)("%s", (name) => {
    const { request, response } = Operation.operations[name]

    it.each(wrong.map((value, index) => [index, value] as const))("request, wrong value %i", (_, value) => {
      const object = full(request, value)
      for (const data of [value, object]) {
        silentIfFailed(Effect.runSyncExit(Codec.decodeRequest(Contract.proposed, name, data)))
        silentIfFailed(Effect.runSyncExit(Codec.encodeRequest(Contract.proposed, name, data as never)))
      }
      if (typeof value !== "string" && Object.keys(object).length > 0) {
        assert.isTrue(
          Exit.isFailure(Effect.runSyncExit(Codec.decodeRequest(Contract.proposed, name, object)))
        )
      }
    })

    it.each(wrong.map((value, index) => [index, value] as const))("response, wrong value %i", (_, value) => {
      const dto = "dto" in response ? response.dto : undefined
      const object = dto === undefined ? value : full(dto, value)
      for (const data of [value, object, [object], [object, value]]) {
        silentIfFailed(Effect.runSyncExit(Codec.decodeResponse(Contract.proposed, name, data)))
        silentIfFailed(Effect.runSyncExit(Codec.encodeResponse(Contract.proposed, name, data as never)))
      }
      if (typeof value === "object") {
        for (const data of [object, [object]]) {
          assert.isTrue(
            Exit.isFailure(Effect.runSyncExit(Codec.decodeResponse(Contract.proposed, name, data)))
          )
        }
      }
    })
  })

  describe.each([KycData, ThreeDsData, TradeData])("$name", (dto) => {
    const eventType = { KycNotification: "KYC", ThreeDsNotification: "_3DS", TradeNotification: "TRADE" }[
      dto.name
    ]

    it.each(wrong.map((value, index) => [index, value] as const))("wrong value %i", (_, value) => {
      for (const data of [value, full(dto, value)]) {
        for (const envelope of [
          { merchantNo: "BU1", eventType },
          {
            merchantNo: value,
            eventType: value,
            requestTime: value,
            version: value,
            nonce: value,
            eventName: value
          }
        ]) {
          const exit = Effect.runSyncExit(Codec.decodeNotification(Contract.proposed, { ...envelope, data }))
          silentIfFailed(exit)
          if (typeof value !== "string") {
            assert.isTrue(Exit.isFailure(exit))
          }
        }
      }
    })
  })
})

describe("what is secret stays so when it fits", () => {
  const shown = (value: unknown) => {
    assert.notInclude(prints(value), "CANARY")
    assert.notInclude(prints(Exit.fail(value)), "CANARY")
  }

  it("in requests", () => {
    const secret = Redacted.make(canary)
    for (const input of [
      Codec.decodeRequest(Contract.proposed, "login", { apiKey: canary }),
      Codec.decodeRequest(Contract.proposed, "activatePhysicalCard", {
        cardId: "CD1",
        activationCode: canary
      }),
      Codec.decodeRequest(Contract.proposed, "bindPhysicalCard", {
        customerId: "C1",
        sku: "s",
        activationCode: canary
      }),
      Codec.decodeRequest(Contract.proposed, "submitKyc", {
        customerId: "C1",
        firstName: "Ada",
        lastName: "Lovelace",
        birthday: "1990-12-31",
        nationality: "PH",
        idType: "PASSPORT",
        idNumber: canary,
        idFrontPhoto: canary,
        idBackPhoto: canary
      })
    ]) {
      shown(Effect.runSync<unknown, unknown>(input))
    }
    // A neighbour's problem must not carry it either.
    shown(
      Effect.runSyncExit(
        Codec.encodeRequest(Contract.proposed, "activatePhysicalCard", {
          cardId: "",
          activationCode: secret
        } as never)
      )
    )
  })

  it("in responses", () => {
    for (const response of [
      Codec.decodeResponse(Contract.proposed, "login", { token: canary }),
      Codec.decodeResponse(Contract.proposed, "getLivenessUrl", {
        customerId: "C1",
        transactionId: "T",
        url: canary
      }),
      Codec.decodeResponse(Contract.proposed, "getCardPanHtml", canary),
      Codec.decodeResponse(Contract.proposed, "getCardPan", { encryptData: canary, publicKey: "p" }),
      Codec.decodeResponse(Contract.proposed, "getCardPin", canary),
      Codec.decodeResponse(Contract.proposed, "getCardPin", { encryptData: canary }),
      Codec.decodeResponse(Contract.proposed, "getCardDetail", {
        cardId: "CD1",
        status: "ACTIVE",
        maskedCardNumber: canary,
        cardNumber: canary
      }),
      Codec.decodeResponse(Contract.proposed, "listCardSamples", [
        { cardSampleId: "S", pan: canary, benefits: [{ pan: canary }] }
      ])
    ]) {
      shown(Effect.runSync<unknown, unknown>(response))
    }
  })

  it("in notifications, of kinds that nobody knows too", () => {
    for (const message of [
      { eventType: "_3DS", data: { authId: "A", cardId: "CD1", cardPan: canary, otp: canary } },
      { eventType: "TRADE", data: { orderNo: "OR1", cardId: "CD1", pan: canary } },
      { eventType: "KYC", data: { customerId: "C1", auditState: 2, idNumber: canary } },
      { eventType: "CARD_PRINTED", data: { pan: canary } }
    ]) {
      shown(Effect.runSync(Codec.decodeNotification(Contract.proposed, { merchantNo: "BU1", ...message })))
    }
  })
})
