import type { JsonValue } from "@effect-yunmo/signing/RawMessage"
import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Either from "effect/Either"
import { type Refusal, refuse } from "./refusal.js"
import type { Merchant, World } from "./world.js"

/** A KYC request carries photos. */
export const maxRequestBytes = 8 * 1024 * 1024

/** A call whose envelope holds; whether its token does is not looked at yet. */
export interface Call {
  readonly merchant: Merchant
  readonly token: string
  readonly data: JsonValue
}

const isText = (value: JsonValue | undefined): value is string => typeof value === "string" && value !== ""

const isRequestTime = (value: JsonValue | undefined): boolean =>
  typeof value === "number" || (typeof value === "string" && /^\d{1,17}$/.test(value))

/**
 * SPEC 1.1, in the order: readable, merchant known and enabled, all fields there, signature over the raw message. The
 * version is compared without case, since the vendor's table and samples write it differently.
 */
export const open = (world: World, version: string, raw: Uint8Array): Either.Either<Call, Refusal> => {
  const limits = { maxBytes: maxRequestBytes }
  const read = RawMessage.read(raw, limits)
  if (read._tag === "Unreadable") {
    return refuse(
      "BadParameters",
      `the body cannot be read (${read.reason} at ${read.position}: ${read.detail})`
    )
  }
  const { data, merchantNo, nonce, requestTime, sign, token, version: sent } = read.message.value
  if (!isText(merchantNo)) {
    return refuse("BadParameters", "merchantNo is missing or no text")
  }
  const merchant = world.merchants.get(merchantNo)
  if (merchant === undefined) {
    return refuse("MerchantNotFound")
  }
  if (!merchant.enabled) {
    return refuse("MerchantDisabled")
  }
  const wrong = [
    isRequestTime(requestTime) ? undefined : "requestTime",
    isText(sent) ? undefined : "version",
    isText(nonce) ? undefined : "nonce",
    isText(sign) ? undefined : "sign",
    typeof token === "string" ? undefined : "token",
    typeof data === "object" && data !== null && !Array.isArray(data) ? undefined : "data"
  ].filter((field) => field !== undefined)
  if (wrong.length > 0 || typeof token !== "string" || data === undefined || !isText(sent)) {
    return refuse("BadParameters", `missing, or not of its type: ${wrong.join(", ")}`)
  }
  if (sent.toLowerCase() !== version.toLowerCase()) {
    return refuse("BadParameters", `the version is not ${version}`)
  }
  return Either.mapBoth(Verifier.verifyWith([merchant.key], raw, { limits }), {
    onLeft: (): Refusal => ({ _tag: "Refusal", name: "SignatureRejected", detail: undefined }),
    onRight: () => ({ merchant, token, data })
  })
}
