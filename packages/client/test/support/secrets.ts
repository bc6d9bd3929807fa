/** The secrets that the sandbox makes, as those who look for them have to know them. */

import { assert } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TokenStore from "../../src/TokenStore.js"
import { Yunmo } from "../../src/Yunmo.js"

/** Every longer secret in an answer, however deep. */
export const redactedIn = (value: unknown): ReadonlyArray<string> =>
  Redacted.isRedacted(value)
    ? [Redacted.value(value)].filter((inner) => typeof inner === "string").filter(({ length }) => length >= 8)
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(redactedIn)
      : []

/** The card numbers of all cards, in the ways in which a page may write them. */
export const cardNumbers = Effect.gen(function* () {
  const { cards } = yield* Yunmo
  const state = yield* Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.state)
  const pages = yield* Effect.forEach(
    state.cards.filter(({ status }) => status !== "inProduction" && status !== "destroyed"),
    ({ cardId }) => cards.panHtml({ cardId })
  )
  return pages.flatMap((page) => {
    const [written] = /\d(?:[ -]?\d){12,18}/.exec(Redacted.value(page)) ?? []
    assert.isDefined(written)
    return [written, written.replaceAll(/\D/g, "")]
  })
})

/** A store that remembers every token it was ever given. */
export const tokensKept = Effect.map(TokenStore.makeMemory, (store) => {
  const tokens = new Set<string>()
  const keeping: TokenStore.TokenStoreService = {
    ...store,
    put: (account, holder, grant) => {
      tokens.add(Redacted.value(grant.token))
      return store.put(account, holder, grant)
    }
  }
  return { tokens, keeping }
})
