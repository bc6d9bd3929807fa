import { assert, describe, it } from "@effect/vitest"
import type * as Codec from "@effect-yunmo/schema/Codec"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Sandbox from "../src/Sandbox.js"
import { type Answer, Api, identity, withApi } from "./support/api.js"
import * as Id from "./support/ids.js"
import { Caller, fundedCard, kycOf, passedCustomer, type Request, virtualCard } from "./support/vendor.js"
import { booksAreRight, everything } from "./support/world.js"

/** A call and what has to be so before it: the scene is set, then the call that it gives is made. */
type Scene = Effect.Effect<Effect.Effect<Answer>, never, Api | Caller | Sandbox.Sandbox>

/** One of the vendor's codes (VENDOR 1.2) and how it is provoked. */
interface Row {
  readonly name: ResponseCode.Name
  readonly by: string
  readonly scene: Scene
  readonly options?: Partial<Sandbox.Options>
}

/** A call that needs no scene. */
const call = (name: Operation.Name, data: Codec.JsonObject, request?: Request): Scene =>
  Effect.map(Api, ({ send }) => send(name, data, request))

/** A call about what the scene has made. */
const after = <A>(
  scene: Effect.Effect<A, unknown, Api | Caller | Sandbox.Sandbox>,
  name: Operation.Name,
  data: (made: A) => Codec.JsonObject
): Scene =>
  Effect.flatMap(Effect.orDie(scene), (made) => Effect.map(Api, ({ send }) => send(name, data(made))))

const createdCustomer = Effect.flatMap(Caller, ({ call }) =>
  Effect.map(call("createCustomer", { customerCode: Id.code("c-1") }), ({ customerId }) => customerId)
)

const submittedCustomer = Effect.tap(createdCustomer, (customerId) =>
  Effect.flatMap(Caller, ({ call }) => call("submitKyc", kycOf(customerId)))
)

const customerAtTheCheck = Effect.tap(submittedCustomer, (customerId) =>
  Effect.flatMap(Caller, ({ call }) => call("getLivenessUrl", { customerId }))
)

const letter = Effect.gen(function* () {
  const { makePhysicalCard } = yield* Sandbox.Sandbox
  const { activationCode, cardId, sku } = yield* makePhysicalCard()
  const customerId = yield* passedCustomer("c-1")
  return { cardId, sku, customerId, activationCode }
})

const boundCard = Effect.tap(letter, ({ activationCode, customerId, sku }) =>
  Effect.flatMap(Caller, ({ call }) => call("bindPhysicalCard", { customerId, sku, activationCode }))
)

const destroyedCard = Effect.tap(boundCard, ({ cardId }) =>
  Effect.flatMap(Caller, ({ call }) => call("destroyCard", { cardId }))
)

const bindingOf = ({ activationCode, customerId, sku }: Effect.Effect.Success<typeof letter>) => ({
  customerId,
  sku,
  activationCode: Redacted.value(activationCode)
})

/** All 29, in the vendor's order. */
const rows: ReadonlyArray<Row> = [
  {
    name: "UnspecifiedFailure",
    by: "creating a customer with the magic code FORCE--1",
    scene: call("createCustomer", { customerCode: "FORCE--1" })
  },
  {
    name: "BadParameters",
    by: "querying a customer by neither of its keys",
    scene: call("queryCustomer", {})
  },
  {
    name: "IdentityPhotoAbnormal",
    by: "submitting a photo that is not base64",
    scene: after(createdCustomer, "submitKyc", (customerId) => ({
      ...identity,
      customerId,
      idFrontPhoto: "a photo"
    }))
  },
  {
    name: "TokenExpired",
    by: "calling with a token at the end of its life",
    options: { rules: { tokenLifetimeSeconds: 60 } },
    scene: after(TestClock.adjust("60 seconds"), "listCardSamples", () => ({}))
  },
  {
    name: "TokenInvalid",
    by: "calling with a token that nobody was given",
    scene: call("listCardSamples", {}, { token: "made-up" })
  },
  {
    name: "SignatureRejected",
    by: "calling with the signature of another secret",
    scene: call("listCardSamples", {}, { key: SigningKey.make("other", "another secret") })
  },
  {
    name: "MerchantNotFound",
    by: "calling as a merchant that does not exist",
    scene: call("listCardSamples", {}, { envelope: { merchantNo: "BU999999999" } })
  },
  {
    name: "MerchantDisabled",
    by: "calling as a merchant that is disabled",
    scene: after(
      Effect.flatMap(Sandbox.Sandbox, ({ setMerchantEnabled }) => setMerchantEnabled({ enabled: false })),
      "listCardSamples",
      () => ({})
    )
  },
  {
    name: "CredentialsRejected",
    by: "logging in with another API key",
    scene: call("login", { apiKey: "another key" }, { token: "" })
  },
  {
    name: "IpAddressNotAllowed",
    by: "calling from an address that is not on the list",
    scene: after(
      Effect.flatMap(Sandbox.Sandbox, ({ setRules }) => setRules({ allowedAddresses: ["192.0.2.1"] })),
      "listCardSamples",
      () => ({})
    )
  },
  {
    name: "VendorInternalError",
    by: "creating a customer with the magic code FORCE-3000000",
    scene: call("createCustomer", { customerCode: "FORCE-3000000" })
  },
  {
    name: "ThirdPartyError",
    by: "opening a card on a day with the fault `code` 3000001",
    options: { faults: { calls: [{ fault: "code", code: "3000001", operations: ["createVirtualCard"] }] } },
    scene: after(passedCustomer("c-1"), "createVirtualCard", (customerId) => ({
      customerId,
      cardSampleId: "CS0001"
    }))
  },
  {
    name: "BusinessAnomaly",
    by: "topping up under a merchant order number that is taken",
    scene: after(fundedCard("c-1", "5"), "adjustBalance", ({ cardId }) => ({
      cardId,
      amount: "5",
      direction: "INCREASE",
      merchantOrderNo: "top-up-c-1"
    }))
  },
  {
    name: "CustomerNotFound",
    by: "querying a customer that nobody created",
    scene: call("queryCustomer", { customerCode: "nobody" })
  },
  {
    name: "KycAlreadyPassed",
    by: "submitting the KYC of a customer who has passed",
    scene: after(passedCustomer("c-1"), "submitKyc", (customerId) => ({ ...identity, customerId }))
  },
  {
    name: "KycNotSubmitted",
    by: "asking for the liveness link of a customer without KYC",
    scene: after(createdCustomer, "getLivenessUrl", (customerId) => ({ customerId }))
  },
  {
    name: "CustomerCodeExists",
    by: "creating a customer with a code that is taken",
    scene: after(createdCustomer, "createCustomer", () => ({ customerCode: "c-1" }))
  },
  {
    name: "LivenessInProgress",
    by: "submitting the KYC again while the liveness check is open",
    scene: after(customerAtTheCheck, "submitKyc", (customerId) => ({ ...identity, customerId }))
  },
  {
    name: "LivenessAlreadyCompleted",
    by: "asking for a liveness link after the check was passed",
    scene: after(
      Effect.tap(customerAtTheCheck, (customerId) =>
        Effect.flatMap(Sandbox.Sandbox, ({ finishLiveness }) =>
          finishLiveness({ customerId, result: "passed" })
        )
      ),
      "getLivenessUrl",
      (customerId) => ({ customerId })
    )
  },
  {
    name: "LivenessNotFound",
    by: "asking for the result of a check that there never was",
    scene: after(submittedCustomer, "getLivenessResult", (customerId) => ({
      customerId,
      transactionId: "LV0"
    }))
  },
  {
    name: "CardSampleUnavailable",
    by: "opening a card of a sample that does not exist",
    scene: after(passedCustomer("c-1"), "createVirtualCard", (customerId) => ({
      customerId,
      cardSampleId: "CS9999"
    }))
  },
  {
    name: "CardSampleDisabled",
    by: "opening a card of a sample that is no longer offered",
    scene: after(passedCustomer("c-1"), "createVirtualCard", (customerId) => ({
      customerId,
      cardSampleId: "CS0003"
    }))
  },
  {
    name: "ActivationCodeRejected",
    by: "binding a card with the activation code of another",
    scene: after(letter, "bindPhysicalCard", (made) => ({ ...bindingOf(made), activationCode: "00000000" }))
  },
  {
    name: "CardAlreadyBound",
    by: "binding a card that is bound",
    scene: after(boundCard, "bindPhysicalCard", bindingOf)
  },
  {
    name: "CardNotBound",
    by: "activating a card that nobody bound",
    scene: after(letter, "activatePhysicalCard", ({ activationCode, cardId }) => ({
      cardId,
      activationCode: Redacted.value(activationCode)
    }))
  },
  {
    name: "CardNotFound",
    by: "asking for a card that does not exist",
    scene: call("getCardDetail", { cardId: "CD0" })
  },
  {
    name: "CardNotActivatable",
    by: "activating a virtual card, which is active already",
    scene: after(virtualCard("c-1"), "activatePhysicalCard", ({ cardId }) => ({
      cardId,
      activationCode: "00000000"
    }))
  },
  {
    name: "ResubmissionUnsupported",
    by: "binding a card again that was destroyed",
    scene: after(destroyedCard, "bindPhysicalCard", bindingOf)
  },
  {
    name: "OrderNotFound",
    by: "querying an order that nobody made",
    scene: call("queryTopUpOrder", { merchantOrderNo: "o-404" })
  }
]

const listed = new Map<string, ResponseCode.Row>(ResponseCode.rows.map((row) => [row.name, row]))

const rowOf = (name: ResponseCode.Name): ResponseCode.Row => {
  const row = listed.get(name)
  assert(row !== undefined)
  return row
}

describe("the 29 codes (VENDOR 1.2)", () => {
  it("are each provoked below, in the vendor's order", () => {
    assert.deepStrictEqual(
      rows.map(({ name }) => name),
      ResponseCode.rows.map(({ name }) => name)
    )
    assert.strictEqual(rows.length, 29)
  })

  for (const { by, name, options, scene } of rows) {
    const { code, meaning } = rowOf(name)
    it.scoped(`${code} ${name}: ${by}`, () =>
      Effect.gen(function* () {
        const provoke = yield* scene
        const before = yield* everything
        const answer = yield* provoke
        assert.deepStrictEqual([answer.status, answer.code, answer.data], [200, code, null])
        assert.isTrue(answer.msg.startsWith(meaning), answer.msg)
        const { faults: _, ...then } = yield* everything
        const { faults: __, ...expected } = before
        assert.deepStrictEqual(then, expected)
        yield* booksAreRight
      }).pipe(Effect.provide(withApi(options)))
    )
  }
})
