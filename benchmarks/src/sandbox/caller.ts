/** A merchant that calls a sandbox as fast as it answers, one call after the other. */
import { Agent, request } from "node:http"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import { Amount } from "@effect-yunmo/schema/Amount"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export interface Subject {
  readonly customerId: Ids.CustomerId
  readonly cardId: Ids.CardId
}

export interface Caller {
  readonly newSubject: (index: number) => Effect.Effect<Subject>
  readonly call: (
    kind: "read" | "list" | "top up" | "buy" | "over HTTP",
    subject: Subject,
    name: string
  ) => Effect.Effect<void>
}

const [merchant] = Sandbox.development.merchants
const key = SigningKey.make("bench", merchant.secretKey)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

const overHttp = (url: string, path: string, body: string): Effect.Effect<string> =>
  Effect.async((resume) => {
    const call = request(
      `${url}${path}`,
      { agent, method: "POST", headers: { "content-type": "application/json" } },
      (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => {
          text += chunk
        })
        response.on("end", () => resume(Effect.succeed(text)))
      }
    )
    call.on("error", (error) => resume(Effect.die(error)))
    call.end(body)
  })

export const logIn = (sandbox: Sandbox.SandboxService, url: string): Effect.Effect<Caller> =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract

    const bodyOf = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>, token: string) =>
      Effect.gen(function* () {
        const { body } = yield* Signer.signWith(key, {
          envelope: { merchantNo: merchant.merchantNo, version: contract.version },
          token: Redacted.make(token),
          data: yield* Codec.encodeRequest(contract, name, input)
        })
        return Redacted.value(body)
      })

    const sendAs = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>, token: string) =>
      Effect.gen(function* () {
        const bytes = new TextEncoder().encode(yield* bodyOf(name, input, token))
        const reply = yield* sandbox.reply(name, bytes)
        if (reply._tag !== "Answered" || reply.answer.code !== contract.successCode) {
          return yield* Effect.dieMessage(`${name} was not done: ${JSON.stringify(reply)}`)
        }
        return yield* Codec.decodeResponse(contract, name, reply.answer.data)
      }).pipe(Effect.orDie)

    const session = yield* sendAs("login", { apiKey: merchant.apiKey }, "")
    const token = Redacted.value(session.token)
    const send = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
      sendAs(name, input, token)
    const topUp = (cardId: Ids.CardId, name: string) =>
      send("adjustBalance", {
        cardId,
        amount: Amount.unsafeFromText("1000.00"),
        direction: "INCREASE",
        merchantOrderNo: Ids.MerchantOrderNo.make(name)
      })

    return {
      newSubject: (index) =>
        Effect.gen(function* () {
          const { customerId } = yield* send("createCustomer", {
            customerCode: Ids.CustomerCode.make(`customer-${index}`)
          })
          yield* send("submitKyc", {
            customerId,
            firstName: "Ada",
            lastName: "Lovelace",
            birthday: "1990-12-10",
            nationality: "PH",
            idType: "PASSPORT",
            idNumber: Redacted.make("P0000001"),
            idFrontPhoto: Redacted.make("/9j/4AAQSkZJRg==")
          })
          yield* sandbox.reviewKyc({ customerId, result: "passed" })
          const { cardId } = yield* send("createVirtualCard", {
            customerId,
            cardSampleId: Ids.CardSampleId.make("CS0001")
          })
          yield* topUp(cardId, `first-${index}`)
          return { customerId, cardId }
        }).pipe(Effect.orDie),
      call: (kind, { cardId, customerId }, name) => {
        switch (kind) {
          case "read":
            return Effect.asVoid(send("getCardDetail", { cardId }))
          case "list":
            return Effect.asVoid(send("listCustomerCards", { customerId }))
          case "top up":
            return Effect.asVoid(topUp(cardId, name))
          case "buy":
            return Effect.asVoid(
              Effect.orDie(
                sandbox.transaction({ cardId, amount: Amount.unsafeFromText("0.01"), currency: "USD" })
              )
            )
          case "over HTTP":
            return Effect.orDie(
              Effect.flatMap(bodyOf("getCardDetail", { cardId }, token), (body) =>
                Effect.asVoid(overHttp(url, contract.paths.getCardDetail.path, body))
              )
            )
        }
      }
    }
  })
