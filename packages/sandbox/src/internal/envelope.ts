import type { JsonValue } from "@effect-yunmo/signing/RawMessage"
import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Either from "effect/Either"
import type { Rules } from "../Rules.js"
import { isSame } from "./ipAddress.js"
import type { Nonces } from "./nonces.js"
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

/** 16 random characters. */
const isNonce = (value: JsonValue | undefined): value is string => isText(value) && value.length === 16

const isRequestTime = (value: JsonValue | undefined): boolean =>
  typeof value === "number" || (typeof value === "string" && /^\d{1,17}$/.test(value))

const isVersion = (sent: string, version: string, rule: Rules["version"]): boolean =>
  rule === "any" || sent === version || (rule === "anyCase" && sent.toLowerCase() === version.toLowerCase())

/** What a call has to fit beside its own content. */
export interface Terms {
  readonly world: World
  readonly nonces: Nonces
  readonly version: string
  /** What the operation leaves out of its signature. */
  readonly exempt: ReadonlyArray<string>
  readonly now: number
  /** The caller's address, where there is one. */
  readonly from: string | undefined
}

/**
 * SPEC 1.1, in the order: from an allowed address, readable, merchant known and enabled, all fields there, in time, signature
 * over the raw message, nonce not used before. That a nonce which comes with a wrong signature is not remembered keeps
 * strangers from using them up.
 */
export const open = (
  { exempt, from, nonces, now, version, world }: Terms,
  raw: Uint8Array
): Either.Either<Call, Refusal> => {
  const { rules } = world.settings
  if (rules.allowedAddresses !== null && !isAllowed(from, rules.allowedAddresses)) {
    return refuse("IpAddressNotAllowed")
  }
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
    isNonce(nonce) ? undefined : "nonce",
    isText(sign) ? undefined : "sign",
    typeof token === "string" ? undefined : "token",
    typeof data === "object" && data !== null && !Array.isArray(data) ? undefined : "data"
  ].filter((field) => field !== undefined)
  if (wrong.length > 0 || typeof token !== "string" || data === undefined || !isText(sent)) {
    return refuse("BadParameters", `missing, or not of its form: ${wrong.join(", ")}`)
  }
  if (!isVersion(sent, version, rules.version)) {
    return refuse("BadParameters", `the version is not ${version}`)
  }
  if (
    rules.clockSkewSeconds !== null &&
    Math.abs(Number(requestTime) - now) > rules.clockSkewSeconds * 1000
  ) {
    return refuse(
      "BadParameters",
      `requestTime is more than ${rules.clockSkewSeconds} seconds from ${now}, which is now`
    )
  }
  const verified = verify(merchant, rules, exempt, raw)
  if (Either.isLeft(verified)) {
    return Either.left(verified.left)
  }
  return isText(nonce) && !nonces.use(merchant.merchantNo, nonce) && rules.nonceReuse === "refuse"
    ? refuse("BadParameters", "the nonce was used before")
    : Either.right({ merchant, token, data })
}

const limits = { maxBytes: maxRequestBytes }

const verify = (
  merchant: Merchant,
  { checkSignature }: Rules,
  exempt: ReadonlyArray<string>,
  raw: Uint8Array
): Either.Either<void, Refusal> =>
  checkSignature
    ? Either.mapBoth(Verifier.verifyWith([merchant.key], raw, { limits, exempt }), {
        onLeft: (): Refusal => ({ _tag: "Refusal", name: "SignatureRejected", detail: undefined }),
        onRight: () => undefined
      })
    : Either.void

const isAllowed = (from: string | undefined, allowed: ReadonlyArray<string>): boolean =>
  from !== undefined && allowed.some((address) => isSame(address, from))
