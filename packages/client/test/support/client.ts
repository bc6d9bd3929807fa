import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as CardJournal from "../../src/CardJournal.js"
import * as OrderJournal from "../../src/OrderJournal.js"
import * as Policy from "../../src/Policy.js"
import * as Yunmo from "../../src/Yunmo.js"

export const merchantNo = MerchantNo.make("BU078255558")
export const secretKey = "1111111111111111"
export const apiKey = "an-api-key-of-2026"

interface Options {
  readonly contract?: Contract.Overrides
  readonly http?: Layer.Layer<HttpClient.HttpClient>
  readonly journal?: Layer.Layer<OrderJournal.OrderJournal>
  readonly cardJournal?: Layer.Layer<CardJournal.CardJournal>
  readonly options?: Partial<Yunmo.Options>
  /** In force where the client is made. */
  readonly policy?: Partial<Policy.PolicyService>
}

/** A client of the server at this address. */
export const clientOf = (
  baseUrl: string,
  { cardJournal, contract, http, journal, options, policy }: Options = {}
) =>
  Yunmo.layer({
    merchantNo,
    apiKey: Redacted.make(apiKey),
    secretKey: Redacted.make(secretKey),
    baseUrl,
    ...options
  }).pipe(
    Layer.provide(http ?? NodeHttpClient.layerUndici),
    Layer.provideMerge(journal ?? OrderJournal.layerMemory),
    Layer.provideMerge(cardJournal ?? CardJournal.layerMemory),
    Layer.provide(Contract.layer(contract ?? {})),
    Layer.provide(Layer.succeed(Policy.Policy, { ...Policy.defaults, ...policy })),
    Layer.orDie
  )

/** Runs with a client of the server at this address. */
export const withClient =
  (baseUrl: string, options?: Options) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provide(effect, clientOf(baseUrl, options))

/** Real time, whatever the clock of the test says. */
export const pause = (milliseconds: number): Effect.Effect<void> =>
  Effect.promise(() => new Promise((resolve) => setTimeout(resolve, milliseconds)))

/** Looks again, in real time, until it holds. */
export const until = (holds: Effect.Effect<boolean>, what: string, tries = 2000): Effect.Effect<void> =>
  Effect.flatMap(holds, (yes) =>
    yes
      ? Effect.void
      : tries === 0
        ? Effect.dieMessage(`waited in vain until ${what}`)
        : Effect.zipRight(pause(5), until(holds, what, tries - 1))
  )
