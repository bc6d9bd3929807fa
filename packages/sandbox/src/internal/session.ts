import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { fresh } from "./random.js"
import { type Refusal, refuse } from "./refusal.js"
import type { Merchant, Step, Token } from "./world.js"

/** Long enough for any client that shares its token; a program that logs in before each call must not fill the memory. */
const maxTokens = 10_000

/** 1.3. Older tokens stay valid: nothing says that a new login ends them (PROPOSED). */
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
  const token: Token = { merchantNo: merchant.merchantNo, expiresAt: now + rules.tokenLifetime }
  world.tokens.set(text, token)
  for (const oldest of world.tokens.keys()) {
    if (world.tokens.size <= maxTokens) break
    world.tokens.delete(oldest)
  }
  return Either.right({
    token: Redacted.make(text),
    expireTime: Number.isFinite(token.expiresAt) ? token.expiresAt : undefined
  })
}

/** A token of another merchant is as unknown as one that was never given. */
export const authenticate = (
  { now, world }: Step,
  merchant: Merchant,
  text: string
): Either.Either<void, Refusal> => {
  const token = world.tokens.get(text)
  if (token === undefined || token.merchantNo !== merchant.merchantNo) {
    return refuse("TokenInvalid")
  }
  return token.expiresAt <= now ? refuse("TokenExpired") : Either.void
}
