import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Indexes from "./indexes.js"
import { fresh } from "./random.js"
import { type Refusal, refuse } from "./refusal.js"
import type { Merchant, Step, Token } from "./world.js"

/** Long enough for any client that shares its token; a program that logs in before each call must not fill the memory. */
const maxTokens = 10_000

/** 1.3. Whether a new login ends older tokens is not known: a rule. */
export const login = (
  { now, random, rules, world }: Step,
  merchant: Merchant,
  apiKey: Redacted.Redacted<string>
): Either.Either<
  { readonly token: Redacted.Redacted<string>; readonly expireTime: number | undefined },
  Refusal
> => {
  if (Redacted.value(apiKey) !== Redacted.value(merchant.apiKey)) {
    return refuse("CredentialsRejected")
  }
  const text = fresh(
    () => random.alphanumeric(32),
    (candidate) => world.tokens.has(candidate)
  )
  if (rules.loginEndsOldTokens) {
    for (const older of world.index.tokensOfMerchant.get(merchant.merchantNo) ?? []) {
      Indexes.dropToken(world, older)
    }
  }
  const expiresAt =
    rules.tokenLifetimeSeconds === null ? undefined : now + Math.round(rules.tokenLifetimeSeconds * 1000)
  const token: Token = { merchantNo: merchant.merchantNo, expiresAt }
  Indexes.putToken(world, text, token)
  for (const oldest of world.tokens.keys()) {
    if (world.tokens.size <= maxTokens) break
    Indexes.dropToken(world, oldest)
  }
  return Either.right({ token: Redacted.make(text), expireTime: expiresAt })
}

/** A token of another merchant is as unknown as one that was never given. */
export const authenticate = (
  { now, rules, world }: Step,
  merchant: Merchant,
  text: string
): Either.Either<void, Refusal> => {
  if (!rules.checkToken) {
    return Either.void
  }
  const token = world.tokens.get(text)
  if (token === undefined || token.merchantNo !== merchant.merchantNo) {
    return refuse("TokenInvalid")
  }
  return token.expiresAt !== undefined && token.expiresAt <= now ? refuse("TokenExpired") : Either.void
}
