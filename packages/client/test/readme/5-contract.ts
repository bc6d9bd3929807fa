import * as Contract from "@effect-yunmo/schema/Contract"
import * as Layer from "effect/Layer"

/** From your copy of the vendor's documentation. */
export const corrections = Contract.layer({
  version: "V1.0",
  paths: { createCustomer: "/open-api/v1/customer", adjustBalance: "/open-api/v1/card/recharge" },
  fields: { CardRechargeDto: { merchantOrderNo: "outTradeNo" } },
  enums: { orderStatus: { "0": "pending", "1": "done", "2": "failed" } },
  codes: { "4020002": { meaning: "too little money", advice: "stop", refused: true } }
})

/** Or as JSON, from a file. Wrong entries are named, all of them. */
export const fromText = (json: string) => Contract.layerJson(json)

/** To the client it is one more layer. */
export const corrected = <A, E, R>(client: Layer.Layer<A, E, R>) => Layer.provide(client, corrections)
