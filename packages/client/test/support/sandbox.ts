import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { CardId, MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CardJournal from "../../src/CardJournal.js"
import * as OrderJournal from "../../src/OrderJournal.js"
import * as Yunmo from "../../src/Yunmo.js"
import * as Id from "./ids.js"
import { type Received, type Reply, text } from "./vendor.js"

export const merchant = Sandbox.development.merchants[0]

interface Options {
  readonly sandbox?: Partial<Sandbox.Options>
  readonly contract?: Contract.Overrides
  /** The contract of the sandbox, where it is not the client's. */
  readonly sandboxContract?: Contract.Overrides
  readonly client?: Partial<Yunmo.Options>
}

/** The sandbox on a free loopback port, with a client of it. Orders stay pending until they are finished by hand. */
export const withSandbox = ({ client, contract, sandbox, sandboxContract }: Options = {}) => {
  const server = SandboxServer.layer.pipe(
    Layer.provideMerge(Sandbox.layerTest({ rules: { settleAfterSeconds: null }, ...sandbox })),
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
    Layer.provide(Contract.layer(sandboxContract ?? contract ?? {}))
  )
  const yunmo = Layer.unwrapEffect(
    HttpServer.addressFormattedWith((baseUrl) =>
      Effect.succeed(
        Yunmo.layer({
          merchantNo: Ids.MerchantNo.make(merchant.merchantNo),
          apiKey: merchant.apiKey,
          secretKey: merchant.secretKey,
          baseUrl,
          ...client
        })
      )
    )
  ).pipe(
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provideMerge(OrderJournal.layerMemory),
    Layer.provideMerge(CardJournal.layerMemory),
    Layer.provide(Contract.layer(contract ?? {}))
  )
  return Layer.orDie(Layer.provideMerge(yunmo, server))
}

/** A customer whose KYC has passed. */
export const passedCustomer = (code: string) =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo.Yunmo
    const sandbox = yield* Sandbox.Sandbox
    const { customerId } = yield* yunmo.customers.create({ customerCode: Id.customerCode(code) })
    yield* yunmo.kyc.submit({ ...Id.kyc(), customerId })
    yield* sandbox.reviewKyc({ customerId, result: "passed" })
    return customerId
  })

/** A virtual card of a new customer, without money. */
export const virtualCard = (code: string) =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo.Yunmo
    const customerId = yield* passedCustomer(code)
    const created = yield* yunmo.cards.createVirtual({ customerId, cardSampleId: Id.cardSampleId })
    return created._tag === "Done"
      ? { customerId, cardId: created.value.cardId }
      : yield* Effect.dieMessage("the sandbox always answers")
  })

/** Ends a pending order. */
export const finish = (merchantOrderNo: MerchantOrderNo, result: "done" | "failed" = "done") =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.finishOrder({ merchantOrderNo, result }))

/** What was booked on a card: cause and amount of each entry. */
export const booked = (cardId: CardId) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) =>
    Effect.map(sandbox.ledger(cardId), (entries) =>
      entries.map(({ amount, cause }) => `${cause} ${amount.text}`)
    )
  )

/** What a vendor between client and sandbox does with a request: hands it on, and the sandbox's answer back. */
export const forward =
  (baseUrl: string) =>
  async ({ body, url }: Received): Promise<Reply> =>
    text(await carry(baseUrl, url, body))

/** Hands the request on, so that it has its effect, and then does this instead of answering. */
export const executeAnd =
  (baseUrl: string, reply: Reply) =>
  async ({ body, url }: Received): Promise<Reply> => {
    await carry(baseUrl, url, body)
    return reply
  }

const carry = async (baseUrl: string, url: string, body: string): Promise<string> => {
  const response = await fetch(`${baseUrl}${url}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body
  })
  return response.text()
}

/** Where the sandbox listens. */
export const sandboxUrl = HttpServer.addressFormattedWith((url) => Effect.succeed(url))

/** The keys of the sandbox's merchant, for a client that reaches it by a detour. */
export const credentials = {
  merchantNo: Ids.MerchantNo.make(merchant.merchantNo),
  apiKey: merchant.apiKey,
  secretKey: merchant.secretKey
}
