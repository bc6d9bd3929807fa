import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const [{ apiKey, merchantNo, secretKey }] = Sandbox.development.merchants

const sandbox = SandboxServer.layer.pipe(
  Layer.provideMerge(Sandbox.layerTest()),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
)

const client = Layer.unwrapEffect(
  HttpServer.addressFormattedWith((baseUrl) =>
    Effect.succeed(Yunmo.layer({ merchantNo: MerchantNo.make(merchantNo), apiKey, secretKey, baseUrl }))
  )
)

/** `Yunmo`, and `Sandbox` to pass a KYC, settle a purchase or look into a ledger. */
export const layerTest = client.pipe(
  Layer.provideMerge(Layer.merge(OrderJournal.layerMemory, CardJournal.layerMemory)),
  Layer.provideMerge(sandbox),
  Layer.provide(NodeHttpClient.layerUndici)
)
