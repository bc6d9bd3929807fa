/**
 * Signed notifications as the vendor might send them: transactions, KYC results, 3-D Secure requests, now and then one of an
 * unknown type or without a field it has to have. The seed and the number of a message decide it to the byte.
 */
import { createHash } from "node:crypto"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Testing from "@effect-yunmo/signing/Testing"
import * as Either from "effect/Either"
import * as Seeded from "./Seeded.js"

export const merchantNo = "BU078255558"
export const secret = "kR8sVq2LxT0pWz5N"

export interface Message {
  readonly body: Buffer
  /** The kind and state that its row has to have. */
  readonly kind: "trade" | "kyc" | "threeDs" | "unknown"
  readonly state: "pending" | "set_aside"
}

interface Made {
  readonly eventType: string
  readonly data: JsonObject
  readonly expected: Omit<Message, "body">
}

const card = (random: Seeded.Seeded) => `CDAU0791${random.between(10_000, 10_400)}V01`

const trade = (random: Seeded.Seeded, index: number): JsonObject => ({
  orderNo: `OR${index}`,
  subOrderNo: `SU${index}-${random.between(1, 4)}`,
  cardId: card(random),
  subType: random.pick("AUTHORIZATION", "SETTLEMENT", "REVERSAL", "REFUND"),
  status: random.pick("SUCCESS", "FAILED"),
  subStatus: null,
  amount: `${random.between(1, 9_999)}.${random.between(10, 100)}`,
  currency: random.pick("USD", "PHP", "EUR"),
  principal: "20.00",
  authorizationFee: "0.3000",
  fxFee: "0.0000",
  serviceFee: "",
  eventTime: "2026-02-10 16:11:36",
  terminalMerchantId: random.text(12),
  terminalMerchantName: random.pick(
    "H&M = fine",
    "Café Søndag",
    "全家便利商店",
    "Plain Groceries",
    "a\u0001b"
  ),
  terminalMerchantCountry: random.pick("PH", "DE", "US"),
  terminalMerchantCity: random.pick<string | null>(null, "Manila", "Zürich"),
  terminalMerchantMccCode: "5411",
  transactionChannel: "POS",
  addedByTheVendorLater: random.text(random.between(0, 60))
})

const make = (random: Seeded.Seeded, index: number): Made => {
  const chance = random.next()
  if (chance < 0.65) {
    return { eventType: "TRADE", data: trade(random, index), expected: { kind: "trade", state: "pending" } }
  }
  if (chance < 0.8) {
    return {
      eventType: "KYC",
      data: {
        customerId: `CU${random.between(0, 500)}`,
        auditState: String(random.pick(1, 2, 3)),
        auditRemark: `remark ${index}`
      },
      expected: { kind: "kyc", state: "pending" }
    }
  }
  if (chance < 0.95) {
    return {
      eventType: "_3DS",
      data: {
        authId: `AU${index}`,
        cardId: card(random),
        txnCurrency: "USD",
        txnAmount: "12.50",
        cardAcceptorLocationName: random.text(20),
        expireTimeStamp: "1999999999000"
      },
      expected: { kind: "threeDs", state: "pending" }
    }
  }
  if (chance < 0.98) {
    return {
      eventType: "CARD_ART",
      data: { cardId: card(random), artNo: `AR${index}` },
      expected: { kind: "unknown", state: "set_aside" }
    }
  }
  const { cardId: _, ...data } = trade(random, index)
  return { eventType: "TRADE", data, expected: { kind: "trade", state: "set_aside" } }
}

/** The message of that number, signed with the given secret. */
export const of = (seed: number, index: number, signedWith = secret): Message => {
  const random = Seeded.stream(seed, "message", index)
  const { data, eventType, expected } = make(random, index)
  const { text } = Either.getOrThrow(
    Testing.notification({
      secret: signedWith,
      merchantNo,
      eventType,
      data,
      nonce: random.text(16),
      requestTime: Testing.defaultRequestTime + index
    })
  )
  // What is signed are the fields; the bytes around them are the sender's own, and have to be kept as they came.
  const sent = random.chance(0.1) ? JSON.stringify(JSON.parse(text), null, random.between(1, 5)) : text
  return { body: Buffer.from(sent), ...expected }
}

export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64")
