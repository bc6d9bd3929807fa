import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert } from "@effect/vitest"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { CardId, CustomerId } from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "../../src/Sandbox.js"
import * as SandboxServer from "../../src/SandboxServer.js"
import { amount, code, order, sample } from "./ids.js"

export const merchant = Sandbox.development.merchants[0]
export const control = Redacted.value(Sandbox.development.control)
export const key = SigningKey.make("test", merchant.secretKey)

/** The sandbox as a service only, without a server. */
export const inProcess = (options?: Partial<Sandbox.Options>) =>
  Sandbox.layerTest(options).pipe(Layer.provide(NodeHttpClient.layer))

/** The sandbox on a free loopback port. */
export const overHttp = (options?: Partial<Sandbox.Options>) =>
  SandboxServer.layer.pipe(
    Layer.provideMerge(inProcess(options)),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  )

export const baseUrl = HttpServer.addressFormattedWith((url) => Effect.succeed(url))

/** What a request says, and how it is made wrong on purpose. */
export interface Request {
  readonly token?: string
  readonly key?: SigningKey.SigningKey
  readonly envelope?: Codec.JsonObject
}

/** The body of a signed request with this data, whatever stands in it. */
export const signed = (data: Codec.JsonObject, { envelope, key: with_ = key, token = "" }: Request = {}) =>
  Effect.gen(function* () {
    const { version } = yield* Contract.Contract
    const { body } = yield* Signer.signWith(with_, {
      envelope: { merchantNo: merchant.merchantNo, version, ...envelope },
      token: Redacted.make(token),
      data
    })
    return Redacted.value(body)
  })

/** The body of a well-formed request of an operation. */
export const requestOf = <N extends Operation.Name>(
  name: N,
  input: Operation.RequestOf<N>,
  request?: Request
) =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    return yield* signed(yield* Codec.encodeRequest(contract, name, input), request)
  })

/** A merchant that is logged in and calls the sandbox in process. */
export class Caller extends Context.Tag("test/Caller")<Caller, Effect.Effect.Success<typeof logIn>>() {
  static readonly layer = Layer.suspend(() => Layer.effect(Caller, logIn))
}

const logIn = Effect.gen(function* () {
  const sandbox = yield* Sandbox.Sandbox
  const contract = yield* Contract.Contract
  const send = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>, token: string) =>
    Effect.flatMap(requestOf(name, input, { token }), (body) =>
      Effect.flatMap(sandbox.reply(name, new TextEncoder().encode(body)), (reply) =>
        reply._tag === "Answered"
          ? Effect.succeed(reply.answer)
          : Effect.dieMessage(`no answer: ${reply._tag}`)
      )
    )
  const login = yield* send("login", { apiKey: merchant.apiKey }, "")
  const session = yield* Codec.decodeResponse(contract, "login", login.data)
  const token = Redacted.value(session.token)
  return {
    token,
    /** The code of a call, whatever it is. */
    code: <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>): Effect.Effect<string> =>
      Effect.orDie(Effect.map(send(name, input, token), (answer) => answer.code)),
    /** The decoded data of a call that has to succeed. */
    call: <N extends Operation.Name>(
      name: N,
      input: Operation.RequestOf<N>
    ): Effect.Effect<Operation.ResponseOf<N>> =>
      Effect.gen(function* () {
        const answer = yield* send(name, input, token)
        assert.strictEqual(answer.code, "200", `${name}: ${answer.msg}`)
        return yield* Codec.decodeResponse(contract, name, answer.data)
      }).pipe(Effect.orDie)
  }
}).pipe(Effect.orDie)

/** In process, with a merchant logged in. */
export const withCaller = (options?: Partial<Sandbox.Options>) =>
  Caller.layer.pipe(Layer.provideMerge(inProcess(options)))

export const photo = Redacted.make("/9j/4AAQSkZJRg==")

export const kycOf = (customerId: CustomerId): Operation.RequestOf<"submitKyc"> => ({
  customerId,
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1990-12-10",
  nationality: "PH",
  idType: "PASSPORT",
  idNumber: Redacted.make("P0000001"),
  idFrontPhoto: photo
})

/** A customer whose KYC has passed. */
export const passedCustomer = (customerCode: string) =>
  Effect.gen(function* () {
    const { call } = yield* Caller
    const sandbox = yield* Sandbox.Sandbox
    const { customerId } = yield* call("createCustomer", { customerCode: code(customerCode) })
    yield* call("submitKyc", kycOf(customerId))
    yield* sandbox.reviewKyc({ customerId, result: "passed" })
    return customerId
  })

/** A virtual card of a new customer, without money. */
export const virtualCard = (customerCode: string) =>
  Effect.gen(function* () {
    const { call } = yield* Caller
    const customerId = yield* passedCustomer(customerCode)
    const { cardId } = yield* call("createVirtualCard", { customerId, cardSampleId: sample("CS0001") })
    return { customerId, cardId }
  })

/** The state of one card, as the control surface shows it. */
export const cardState = (cardId: CardId) =>
  Effect.gen(function* () {
    const { state } = yield* Sandbox.Sandbox
    const card = (yield* state).cards.find((each) => each.cardId === cardId)
    assert(card !== undefined, `there is a card ${cardId}`)
    return card
  })

/** A virtual card of a new customer, with this much money on it. */
export const fundedCard = (customerCode: string, text: string) =>
  Effect.gen(function* () {
    const { call } = yield* Caller
    const { finishOrder } = yield* Sandbox.Sandbox
    const { cardId, customerId } = yield* virtualCard(customerCode)
    const merchantOrderNo = order(`top-up-${customerCode}`)
    yield* call("adjustBalance", { cardId, amount: amount(text), direction: "INCREASE", merchantOrderNo })
    yield* finishOrder({ merchantOrderNo, result: "done" })
    return { cardId, customerId }
  })

/** Booked, kept back and left to spend. */
export const moneyOn = (cardId: CardId) =>
  Effect.map(cardState(cardId), ({ available, balance, held }) => [balance.text, held.text, available.text])
