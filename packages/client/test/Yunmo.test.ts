import { createPrivateKey, privateDecrypt } from "node:crypto"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as CardJournal from "../src/CardJournal.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Outcome from "../src/Outcome.js"
import * as Yunmo from "../src/Yunmo.js"
import { apiKey, clientOf, merchantNo, secretKey, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { booked, finish, merchant, virtualCard, withSandbox } from "./support/sandbox.js"
import { code, ok, vendor } from "./support/vendor.js"

const { amount } = Id

describe("the 25 operations against the sandbox", () => {
  it.scopedLive("1.3 login", () =>
    Effect.gen(function* () {
      const yunmo = yield* Yunmo.Yunmo
      const { expireTime } = yield* yunmo.auth.login
      assert.isAbove(expireTime ?? 0, 1_700_000_000_000)
      assert.strictEqual(yunmo.merchantNo, merchant.merchantNo)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("2.1 create and 2.2 query a customer, by either key", () =>
    Effect.gen(function* () {
      const { customers } = yield* Yunmo.Yunmo
      const customerCode = Id.customerCode("H&M=1 中文 🙂")
      const created = yield* customers.create({
        customerCode,
        email: "ada@example.com",
        phone: "+639170000000"
      })
      assert.strictEqual(created.customerCode, customerCode)
      for (const key of [{ customerCode }, { customerId: created.customerId }]) {
        const found = yield* customers.query(key)
        assert.strictEqual(found.customerId, created.customerId)
        assert.strictEqual(found.email, "ada@example.com")
        assert.strictEqual(found.auditState, "-1")
      }
      const taken = yield* Effect.flip(customers.create({ customerCode }))
      assert.strictEqual(taken._tag, "CustomerCodeExists")
      const missing = yield* Effect.flip(customers.query({ customerId: Id.customerId }))
      assert.strictEqual(missing._tag, "CustomerNotFound")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("3.1 to 3.4 KYC and liveness", () =>
    Effect.gen(function* () {
      const { customers, kyc } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { customerId } = yield* customers.create({ customerCode: Id.customerCode("c-1") })
      assert.isTrue(yield* kyc.submit({ ...Id.kyc(), customerId, idBackPhoto: Redacted.make("AAAA") }))
      assert.strictEqual((yield* kyc.status({ customerId })).auditState, "0")

      const liveness = yield* kyc.livenessUrl({ customerId })
      assert.strictEqual(liveness.customerId, customerId)
      assert.include(Redacted.value(liveness.url), liveness.transactionId)
      const { transactionId } = liveness
      assert.strictEqual((yield* kyc.livenessResult({ customerId, transactionId })).auditStatus, "0")
      yield* sandbox.finishLiveness({ customerId, result: "passed" })
      assert.strictEqual((yield* kyc.livenessResult({ customerId, transactionId })).auditStatus, "1")

      yield* sandbox.reviewKyc({ customerId, result: "rejected", remark: "blurred" })
      const rejected = yield* kyc.status({ customerId })
      assert.deepStrictEqual([rejected.auditState, rejected.auditRemark], ["2", "blurred"])
      const late = yield* Effect.flip(kyc.livenessUrl({ customerId }))
      assert.strictEqual(late._tag, "LivenessAlreadyCompleted")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("4.01 samples, 4.02 create, 4.03 list, 4.06 detail", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const samples = yield* cards.samples
      assert.deepStrictEqual(
        samples.map(({ cardForm, cardSampleId }) => [cardSampleId, cardForm]),
        [
          ["CS0001", "VIRTUAL"],
          ["CS0002", "PHYSICAL"]
        ]
      )
      const { cardId, customerId } = yield* virtualCard("c-1")
      assert.strictEqual(cardId, `CD${customerId}V01`)
      const [listed, ...others] = yield* cards.list({ customerId })
      assert.strictEqual(listed?.cardId, cardId)
      assert.deepStrictEqual(others, [])
      const detail = yield* cards.detail({ cardId })
      assert.deepStrictEqual(
        [detail.status, detail.currency, detail.balance?.text],
        ["ACTIVE", "USD", "0.00"]
      )
      const refused = yield* Effect.flip(
        cards.createVirtual({ customerId, cardSampleId: (samples[1] ?? assert.fail()).cardSampleId })
      )
      assert.strictEqual(refused._tag, "CardSampleUnavailable")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("4.04 adjust a balance up and down, 4.05 ask what became of it", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const { cardId } = yield* virtualCard("c-1")
      const up = Id.merchantOrderNo("UP-1")
      const sent = yield* cards.adjustBalance({
        cardId,
        amount: amount("100.00"),
        direction: "increase",
        merchantOrderNo: up
      })
      assert.deepStrictEqual(sent, new Outcome.Pending({ operation: "adjustBalance", key: up }))
      assert.strictEqual((yield* cards.settleOrder(up))._tag, "Pending")
      yield* finish(up)
      const settled = yield* cards.settleOrder(up).pipe(Outcome.orFail)
      assert.strictEqual(settled.merchantOrderNo, up)
      assert.match(String(settled.orderNo), /^OR\d{18}$/)
      const order = yield* cards.queryOrder({ merchantOrderNo: up })
      assert.deepStrictEqual(
        [order.orderNo, order.status, order.amount?.text, order.direction],
        [settled.orderNo, "SUCCESS", "100.00", "INCREASE"]
      )

      const own = yield* cards.newOrderNo
      assert.match(own, /^EY[A-Za-z0-9]{32}$/)
      const down = yield* cards.adjustBalance({
        merchantOrderNo: own,
        cardId,
        amount: amount("30.5"),
        direction: "decrease"
      })
      assert.deepStrictEqual(down, new Outcome.Pending({ operation: "adjustBalance", key: own }))
      yield* finish(own)
      assert.strictEqual((yield* cards.settleOrder(own))._tag, "Done")
      assert.deepStrictEqual(yield* booked(cardId), ["increase 100.00", "decrease -30.50"])

      const failed = Id.merchantOrderNo("UP-2")
      yield* cards.adjustBalance({
        cardId,
        amount: amount("1"),
        direction: "increase",
        merchantOrderNo: failed
      })
      yield* finish(failed, "failed")
      const error = yield* Effect.flip(cards.settleOrder(failed))
      assert.strictEqual(error._tag, "OrderFailed")
      assert.include(error.message, `The vendor's order status is "FAILED".`)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("4.07 destroy, 4.08 freeze, 4.09 unfreeze", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const { cardId } = yield* virtualCard("c-1")
      const status = Effect.map(cards.detail({ cardId }), (detail) => detail.status)
      assert.isTrue(yield* cards.freeze({ cardId }))
      assert.strictEqual(yield* status, "FROZEN")
      assert.isTrue(yield* cards.freeze({ cardId }))
      assert.isTrue(yield* cards.unfreeze({ cardId }))
      assert.strictEqual(yield* status, "ACTIVE")
      assert.isTrue(yield* cards.destroy({ cardId }))
      assert.strictEqual(yield* status, "DESTROYED")
      const missing = yield* Effect.flip(cards.freeze({ cardId: Id.cardId }))
      assert.strictEqual(missing._tag, "CardNotFound")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("4.10 PAN as HTML, 4.11 PAN, 4.12 PIN: redacted, and what the cardholder gets", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const html = yield* cards.panHtml({ cardId })
      assert.strictEqual(String(html), "<redacted>")
      const shown = /id="pan">([\d ]{19})</.exec(Redacted.value(html))?.[1]?.replaceAll(" ", "")

      const key = createPrivateKey({
        key: Buffer.from(Redacted.value((yield* sandbox.cardKey()).privateKey), "base64"),
        format: "der",
        type: "pkcs8"
      })
      const decrypt = (encrypted: Redacted.Redacted<string>) =>
        privateDecrypt(
          { key, oaepHash: "sha256" },
          Buffer.from(Redacted.value(encrypted), "base64")
        ).toString()
      const pan = yield* cards.pan({ cardId })
      assert.strictEqual(String(pan.encryptData), "<redacted>")
      assert.strictEqual(decrypt(pan.encryptData), shown)
      const pin = yield* cards.pin({ cardId })
      assert.match(Redacted.isRedacted(pin) ? "" : decrypt(pin.encryptData), /^\d{4}$/)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("4.13 phone, 4.14 email, 4.15 limit", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { cardId } = yield* virtualCard("c-1")
      assert.isTrue(yield* cards.updatePhone({ cardId, dialCode: "63", phoneNumber: "9170000000" }))
      assert.isTrue(yield* cards.updateEmail({ cardId, email: "ada@example.com" }))
      assert.isTrue(yield* cards.updateLimit({ cardId, dailyLimit: amount("500.00") }))
      const card = (yield* sandbox.state).cards.find((one) => one.cardId === cardId)
      assert.deepStrictEqual(
        [card?.dialCode, card?.phoneNumber, card?.email, card?.dailyLimit?.text, card?.singleLimit],
        ["63", "9170000000", "ada@example.com", "500.00", undefined]
      )
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("4.16 bind and 4.17 activate a physical card", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { customerId } = yield* virtualCard("c-1")
      const { activationCode, cardId, sku } = yield* sandbox.makePhysicalCard()
      const early = yield* Effect.flip(cards.activatePhysical({ cardId, activationCode }))
      assert.strictEqual(early._tag, "CardNotBound")
      const wrong = yield* Effect.flip(
        cards.bindPhysical({ customerId, sku, activationCode: Redacted.make("not this one") })
      )
      assert.strictEqual(wrong._tag, "ActivationCodeRejected")
      assert.strictEqual((yield* cards.bindPhysical({ customerId, sku, activationCode })).cardId, cardId)
      assert.isTrue(yield* cards.activatePhysical({ cardId, activationCode }))
      assert.strictEqual((yield* cards.detail({ cardId })).status, "ACTIVE")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("5.1 confirm a 3-D Secure request, either way", () =>
    Effect.gen(function* () {
      const { transactions } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { cardId } = yield* virtualCard("c-1")
      for (const [decision, expected] of [
        ["approve", "approved"],
        ["decline", "declined"]
      ] as const) {
        const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: amount("20.00"), currency: "USD" })
        const outcome = yield* transactions.confirmThreeDs({ authId, cardId, decision })
        assert.deepStrictEqual(outcome, new Outcome.Done({ value: true }))
        const request = (yield* sandbox.state).threeDs.find((one) => one.authId === authId)
        assert.strictEqual(request?.decision, expected)
      }
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("a wrong secret is SignatureRejected, a wrong API key CredentialsRejected", () =>
    Effect.gen(function* () {
      const wrongly = (client: Partial<Yunmo.Options>) =>
        Effect.flatMap(Yunmo.Yunmo, ({ auth }) => Effect.flip(auth.login)).pipe(
          Effect.provide(withSandbox({ client }))
        )
      const signature = yield* wrongly({ secretKey: Redacted.make("another-secret") })
      hasFields(signature, { _tag: "SignatureRejected", code: "2000003", operation: "login" })
      assert.include(signature.message, "Check the secret key")
      const key = yield* wrongly({ apiKey: Redacted.make("another-key") })
      hasFields(key, { _tag: "CredentialsRejected", code: "2000006" })
      const who = yield* wrongly({ merchantNo: merchantNo })
      assert.strictEqual(who._tag, "MerchantNotFound")
    })
  )
})

describe("what leaves", () => {
  it.scopedLive("is one signed envelope for each operation, at the path of the contract", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ listCustomerCards: ok([]), anything: code("1000000") })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo.Yunmo
        // A creation asks for the customer's cards, too.
        for (const { name } of Operation.all.filter((one) => one.name !== "listCustomerCards")) {
          yield* Effect.exit(calls[name](yunmo))
        }
      }).pipe(withClient(server.url))

      for (const { name, path } of Operation.all) {
        const [request, ...more] = server.of(name)
        assert(request !== undefined, `${name} was sent`)
        assert.deepStrictEqual(more, [], `${name} was sent once`)
        assert.strictEqual(request.url, path)
        assert.strictEqual(request.method, "POST")
        assert.strictEqual(request.headers["content-type"], "application/json")
        const { message } = request
        assert.deepStrictEqual(Object.keys(message).sort(), [
          "data",
          "merchantNo",
          "nonce",
          "requestTime",
          "sign",
          "token",
          "version"
        ])
        assert.strictEqual(message.merchantNo, merchantNo)
        assert.strictEqual(message.version, "v1.0")
        assert.match(message.nonce, /^[A-Za-z0-9]{16}$/)
        assert.isAbove(message.requestTime, 1_700_000_000_000)
        assert.strictEqual(message.token, name === "login" ? "" : "token-number-1")
        assert.isTrue(Either.isRight(Verifier.verifyWith([SigningKey.make("test", secretKey)], request.body)))
        // The secret signs and is never sent (SPEC); nobody outside learns of the trace.
        assert.notInclude(request.body + JSON.stringify(request.headers), secretKey)
        assert.notProperty(request.headers, "traceparent")
        assert.notProperty(request.headers, "b3")
      }
      assert.deepStrictEqual(server.of("login")[0]?.message.data, { apiKey })
      assert.deepStrictEqual(server.of("listCardSamples")[0]?.message.data, {})
      assert.deepStrictEqual(server.of("confirmThreeDs")[0]?.message.data, {
        authId: Id.authId,
        cardId: Id.cardId,
        result: "APPROVE"
      })
      const top = server.of("adjustBalance")[0]?.message.data
      assert.deepInclude(top, { cardId: Id.cardId, amount: "20.00", direction: "INCREASE" })
    })
  )

  it.scopedLive("is nothing before the first call", () =>
    Effect.gen(function* () {
      const server = yield* vendor()
      yield* Layer.build(clientOf(server.url))
      assert.deepStrictEqual(server.received, [])
    })
  )
})

describe("the contract's corrections", () => {
  const contract: Contract.Overrides = {
    version: "V1.0",
    successCode: "0",
    paths: { adjustBalance: "/open/v2/cards/adjust", createCustomer: "/open/v2/customers" },
    fields: {
      CustomerAddDto: { customerCode: "externalId" },
      CustomerAddVo: { customerId: "uid" },
      CardRechargeDto: { merchantOrderNo: "requestId", amount: "value" },
      CardRechargeVo: { status: "state" }
    },
    enums: {
      adjustmentDirection: { "1": "increase", "2": "decrease" },
      orderStatus: { "10": "pending", "20": "done", "30": "failed" },
      threeDsResult: { Y: "approve", N: "decline" }
    },
    codes: { "5000001": { meaning: "too little money", advice: "stop", refused: true } }
  }

  it.scopedLive("hold on the wire, both ways", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        login: { send: (response) => response.end(JSON.stringify({ code: "0", data: { token: "t-1" } })) },
        anything: {
          send: (response) =>
            response.end(JSON.stringify({ code: 0, data: { uid: "AU1", state: 20, orderNo: "OR1" } }))
        }
      })
      yield* Effect.gen(function* () {
        const { cards, customers, transactions } = yield* Yunmo.Yunmo
        const created = yield* customers.create({ customerCode: Id.customerCode("c-1") })
        assert.strictEqual(created.customerId, "AU1")
        const adjusted = yield* cards
          .adjustBalance({
            cardId: Id.cardId,
            amount: amount("5.00"),
            direction: "decrease",
            merchantOrderNo: Id.merchantOrderNo("O-1")
          })
          .pipe(Outcome.orFail)
        assert.deepStrictEqual([adjusted.merchantOrderNo, adjusted.orderNo].map(String), ["O-1", "OR1"])
        yield* transactions.confirmThreeDs({ authId: Id.authId, cardId: Id.cardId, decision: "decline" })
      }).pipe(withClient(server.url, { contract }))

      const [, customer, order, decision] = server.received
      assert.strictEqual(customer?.url, "/open/v2/customers")
      assert.strictEqual(customer?.message.version, "V1.0")
      assert.deepStrictEqual(customer?.message.data, { externalId: "c-1" })
      assert.strictEqual(order?.url, "/open/v2/cards/adjust")
      assert.deepStrictEqual(order?.message.data, {
        cardId: Id.cardId,
        value: "5.00",
        direction: "2",
        requestId: "O-1"
      })
      assert.strictEqual(decision?.url, Contract.proposed.paths.confirmThreeDs.path)
      assert.strictEqual(decision?.message.data["result"], "N")
    })
  )

  it.scopedLive("hold between client and sandbox", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const { cardId } = yield* virtualCard("c-1")
      const merchantOrderNo = Id.merchantOrderNo("O-1")
      const sent = yield* cards.adjustBalance({
        cardId,
        amount: amount("5.00"),
        direction: "increase",
        merchantOrderNo
      })
      assert.strictEqual(sent._tag, "Pending")
      yield* finish(merchantOrderNo)
      assert.strictEqual((yield* cards.settleOrder(merchantOrderNo))._tag, "Done")
      assert.deepStrictEqual(yield* booked(cardId), ["increase 5.00"])
    }).pipe(Effect.provide(withSandbox({ contract })))
  )

  it.scopedLive("give the merchant's own codes their meaning", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        login: { send: (response) => response.end(JSON.stringify({ code: "0", data: { token: "t-1" } })) },
        anything: code("5000001", "no money left")
      })
      const error = yield* Effect.flatMap(Yunmo.Yunmo, (yunmo) =>
        Effect.flip(calls.adjustBalance(yunmo))
      ).pipe(withClient(server.url, { contract }))
      hasFields(error, {
        _tag: "UnknownResponseCode",
        code: "5000001",
        vendorMessage: "no money left",
        meaning: "too little money",
        refused: true
      })
    })
  )

  it.scopedLive("that leave out a value leave nothing to send", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo.Yunmo
        const decision = yield* Effect.flip(calls.confirmThreeDs(yunmo))
        assert.strictEqual(
          decision.message,
          "confirmThreeDs was not sent: decision the contract has no value for approve. Correct the input."
        )
        const adjustment = yield* Effect.flip(calls.adjustBalance(yunmo))
        assert.strictEqual(adjustment._tag, "RequestInvalid")
      }).pipe(
        withClient(server.url, {
          contract: { enums: { threeDsResult: { N: "decline" }, adjustmentDirection: { "2": "decrease" } } }
        })
      )
      assert.deepStrictEqual(server.received, [])
    })
  )
})

describe("input that does not fit", () => {
  const photo = Redacted.make("   ")

  it.scopedLive("is refused with field and rule, without the value, before anything is sent", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      yield* Effect.gen(function* () {
        const { cards, customers, kyc } = yield* Yunmo.Yunmo
        const problems = (
          effect: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>
        ) =>
          Effect.map(Effect.flip(effect), (error) => {
            assert.strictEqual(error._tag, "RequestInvalid")
            assert.notInclude(error.message, "hunter2")
            return error.message
          })
        assert.strictEqual(
          yield* problems(
            customers.create({ customerCode: Id.customerCode("c-1"), email: "hunter2", phone: "hunter2" })
          ),
          "createCustomer was not sent: email expected an email address such as ada@example.com; phone expected 4 to 20 digits, with an optional leading +. Correct the input."
        )
        assert.include(
          yield* problems(
            kyc.submit({ ...Id.kyc({ idNumber: "" }), idFrontPhoto: photo, birthday: "1990-02-30" })
          ),
          "birthday expected a date such as 1990-12-31"
        )
        assert.include(
          yield* problems(cards.updatePhone({ cardId: Id.cardId, dialCode: "hunter2", phoneNumber: "1234" })),
          "dialCode expected a dial code such as 63"
        )
        assert.include(
          yield* problems(
            cards.adjustBalance({
              merchantOrderNo: Id.merchantOrderNo("O-1"),
              cardId: Id.cardId,
              amount: amount("0.00"),
              direction: "increase"
            })
          ),
          "amount expected an amount above zero"
        )
        assert.include(
          yield* problems(
            cards.adjustBalance({
              merchantOrderNo: Id.merchantOrderNo("O-1"),
              cardId: Id.cardId,
              amount: amount("-5"),
              direction: "increase"
            })
          ),
          "amount expected an amount above zero"
        )
        // From JavaScript, where no type stands in the way.
        const untyped: never = { customerCode: "c-1", hunter: "hunter2" } as never
        assert.include(yield* problems(customers.create(untyped)), "hunter is not a field here")
      }).pipe(withClient(server.url))
      assert.deepStrictEqual(server.received, [])
    })
  )

  it.scopedLive("queryCustomer takes one of its keys: neither and both are refused", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok({ customerId: Id.customerId }) })
      yield* Effect.gen(function* () {
        const { customers } = yield* Yunmo.Yunmo
        for (const input of [{}, { customerCode: Id.customerCode("c-1"), customerId: Id.customerId }]) {
          const error = yield* Effect.flip(customers.query(input))
          assert.strictEqual(
            error.message,
            "queryCustomer was not sent: give either customerCode or customerId. Correct the input."
          )
        }
        assert.deepStrictEqual(server.received, [])
        assert.strictEqual((yield* customers.query({ customerId: Id.customerId })).customerId, Id.customerId)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("a secret key pasted with a line end is named, and nothing is sent", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      const error = yield* Effect.flatMap(Yunmo.Yunmo, (yunmo) =>
        Effect.flip(calls.getCardDetail(yunmo))
      ).pipe(withClient(server.url, { options: { secretKey: Redacted.make("hunter2\n") } }))
      assert.strictEqual(error._tag, "RequestInvalid")
      assert.include(error.message, "the secret of key signing is empty or has blanks around it")
      assert.notInclude(error.message, "hunter2")
      assert.deepStrictEqual(server.received, [])
    })
  )
})

describe("text", () => {
  it.scopedLive("of any kind arrives as it was given and signed right, or is refused with a reason", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createCustomer: ok({ customerId: Id.customerId }) })
      const key = [SigningKey.make("test", secretKey)]
      const anyText = FastCheck.array(
        FastCheck.oneof(FastCheck.nat(0xffff), FastCheck.constantFrom(0, 10, 34, 38, 61, 92, 0x2028, 0xd83d)),
        { minLength: 1, maxLength: 12 }
      ).map((units) => String.fromCharCode(...units))
      const texts = [
        ...'H&M|a=1&b=2|&key=|\u0000|a\u0000b|中文|🙂|👩‍👩‍👧|"quoted"|back\\slash|line\nend|1e3|null|%41|\u2028'.split(
          "|"
        ),
        ...FastCheck.sample(anyText, { numRuns: 150, seed: 7 })
      ]
      const refused: Array<string> = []
      yield* Effect.gen(function* () {
        const { customers } = yield* Yunmo.Yunmo
        for (const text of texts) {
          const before = server.of("createCustomer").length
          const customerCode: never = text as never
          const exit = yield* Effect.exit(customers.create({ customerCode }))
          const sent = server.of("createCustomer").slice(before)
          if (Exit.isSuccess(exit)) {
            assert.deepStrictEqual(
              sent.map(({ message }) => message.data["customerCode"]),
              [text]
            )
            assert.isTrue(Either.isRight(Verifier.verifyWith(key, sent[0]?.body ?? "")))
          } else {
            refused.push(text)
            assert.deepStrictEqual(sent, [])
            assert.match(
              String(exit),
              /blanks around it|half of a surrogate pair/,
              `${JSON.stringify(text)} is refused with its reason`
            )
          }
        }
      }).pipe(withClient(server.url))
      assert.isTrue(refused.every((text) => text.trim() !== text || /[\ud800-\udfff]/u.test(text)))
      assert.isAbove(texts.length - refused.length, 50)
    })
  )

  it.scopedLive("as long as two photos is signed, sent and taken by the sandbox", () =>
    Effect.gen(function* () {
      const { customers, kyc } = yield* Yunmo.Yunmo
      const { customerId } = yield* customers.create({ customerCode: Id.customerCode("c-1") })
      const photo = Redacted.make("QUJD".repeat(500_000))
      assert.isTrue(yield* kyc.submit({ ...Id.kyc(), customerId, idFrontPhoto: photo, idBackPhoto: photo }))
    }).pipe(Effect.provide(withSandbox()))
  )
})

describe("layers", () => {
  const config = {
    merchantNo: Config.succeed(merchantNo),
    apiKey: Config.redacted("API_KEY"),
    secretKey: Config.redacted("SECRET_KEY"),
    baseUrl: Config.string("BASE_URL")
  }
  const build = (entries: ReadonlyArray<readonly [string, string]>) =>
    Layer.build(
      Yunmo.layerConfig(config).pipe(
        Layer.provide([NodeHttpClient.layerUndici, OrderJournal.layerMemory, CardJournal.layerMemory])
      )
    ).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(entries))), Effect.scoped, Effect.exit)

  it.effect("layerConfig reads its options, and fails with what is missing", () =>
    Effect.gen(function* () {
      assert.isTrue(
        Exit.isSuccess(
          yield* build([
            ["API_KEY", "a"],
            ["SECRET_KEY", "s"],
            ["BASE_URL", "http://127.0.0.1:1"]
          ])
        )
      )
      const missing = yield* build([["BASE_URL", "https://api.example.com"]])
      assert.include(String(missing), "API_KEY")
    })
  )

  it.effect("an address that is not used is an error of the layer", () =>
    Effect.gen(function* () {
      const failed = yield* build([
        ["API_KEY", "a"],
        ["SECRET_KEY", "s"],
        ["BASE_URL", "http://api.example.com"]
      ])
      assert.include(String(failed), "must begin with https://")
    })
  )

  it.effect("without an address it is the vendor's sandbox, and a contract can name another", () =>
    Effect.gen(function* () {
      const options = { merchantNo, apiKey: Redacted.make("a"), secretKey: Redacted.make("s") }
      const built = (contract: Contract.Overrides) =>
        Effect.exit(Yunmo.make(options)).pipe(
          Effect.provide([
            NodeHttpClient.layerUndici,
            OrderJournal.layerMemory,
            CardJournal.layerMemory,
            Contract.layer(contract)
          ]),
          Effect.scoped
        )
      assert.isTrue(Exit.isSuccess(yield* built({})))
      assert.include(String(yield* built({ sandboxUrl: "http://sandbox-api.yunmo.io" })), "BaseUrlInvalid")
    })
  )
})
