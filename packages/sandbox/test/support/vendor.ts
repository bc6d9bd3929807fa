import { createServer } from "node:http"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { CardId, CustomerId } from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "../../src/Sandbox.js"
import { code, sample } from "./ids.js"
import * as SandboxServer from "../../src/SandboxServer.js"

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
  Effect.map(
    Signer.signWith(with_, {
      envelope: { merchantNo: merchant.merchantNo, version: "v1.0", ...envelope },
      token: Redacted.make(token),
      data
    }),
    ({ body }) => Redacted.value(body)
  )

/** The body of a well-formed request of an operation. */
export const requestOf = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>, request?: Request) =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    return yield* signed(yield* Codec.encodeRequest(contract, name, input), request)
  })

export const answerTo = (name: Operation.Name, body: string) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.answer(name, new TextEncoder().encode(body)))

/** A merchant that is logged in and calls the sandbox in process. */
export class Caller extends Context.Tag("test/Caller")<
  Caller,
  {
    /** The code and the decoded data of a call, whatever the code is. */
    readonly code: <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) => Effect.Effect<string>
    /** The decoded data of a call that has to succeed. */
    readonly call: <N extends Operation.Name>(
      name: N,
      input: Operation.RequestOf<N>
    ) => Effect.Effect<Operation.ResponseOf<N>>
  }
>() {
  static readonly layer = Layer.effect(
    Caller,
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const contract = yield* Contract.Contract
      const send = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>, token: string) =>
        Effect.flatMap(requestOf(name, input, { token }), (body) =>
          sandbox.answer(name, new TextEncoder().encode(body))
        )
      const login = yield* send("login", { apiKey: merchant.apiKey }, "")
      const { token } = yield* Codec.decodeResponse(contract, "login", login.data)
      return {
        code: (name, input) =>
          send(name, input, Redacted.value(token)).pipe(
            Effect.map(({ code }) => code),
            Effect.orDie
          ),
        call: (name, input) =>
          Effect.gen(function* () {
            const answer = yield* send(name, input, Redacted.value(token))
            assert.strictEqual(answer.code, "200", `${name}: ${answer.msg}`)
            return yield* Codec.decodeResponse(contract, name, answer.data)
          }).pipe(Effect.orDie)
      }
    }).pipe(Effect.orDie)
  )
}

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
