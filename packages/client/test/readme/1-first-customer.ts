import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import { CustomerCode, MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const program = Effect.gen(function* () {
  const yunmo = yield* Yunmo.Yunmo
  const { customerId } = yield* yunmo.customers.create({ customerCode: CustomerCode.make("test0001") })
  const { auditState } = yield* yunmo.kyc.status({ customerId })
  yield* Effect.log(`customer ${customerId}, KYC state ${auditState}`)
})

const client = Yunmo.layerConfig({
  merchantNo: Config.map(Config.nonEmptyString("YUNMO_MERCHANT_NO"), (text) => MerchantNo.make(text)),
  apiKey: Config.redacted("YUNMO_API_KEY"),
  secretKey: Config.redacted("YUNMO_SECRET_KEY"),
  baseUrl: Config.withDefault(Config.string("YUNMO_BASE_URL"), "https://sandbox-api.yunmo.io")
}).pipe(
  Layer.provide(NodeHttpClient.layerUndici),
  // No money moves and no card is made here; see "Money" and "Cards" for the durable ones.
  Layer.provide([OrderJournal.layerMemory, CardJournal.layerMemory])
)

program.pipe(Effect.provide(client), NodeRuntime.runMain)
