/**
 * The HTTP client for programs on Node: undici, by `@effect/platform-node`, with a shorter way for the calls of
 * `@effect-yunmo/client`. For everything else that asks for an `HttpClient` it is `NodeHttpClient.layerUndici` and nothing
 * more. No request is sent twice and no redirect is followed, connections are kept and used again.
 *
 * The shorter way carries a request and its whole answer without a scope, an abort signal, a response object or a fiber of
 * their own. `NodeHttpClient.UndiciRequestOptions` does not reach it: what is to hold for every call belongs into the
 * dispatcher.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as Undici from "@effect/platform-node/Undici"
import * as Exchange from "@effect-yunmo/client/Exchange"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { exchangeOver } from "./internal/exchange.js"

/**
 * A client over this dispatcher (an `Agent`, a `Pool`, a `ProxyAgent`), which stays its maker's to close. What it does by itself
 * it does with money, too: give none that repeats a POST (a `RetryAgent` told to) or follows redirects
 * (`interceptors.redirect`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Undici.Dispatcher): HttpClient.HttpClient =>
  Exchange.offer(NodeHttpClient.makeUndici(dispatcher), exchangeOver(dispatcher))

/**
 * With the dispatcher in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithoutDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> =
  Layer.effect(
    HttpClient.HttpClient,
    Effect.zipWith(HttpClient.HttpClient, NodeHttpClient.Dispatcher, (client, dispatcher) =>
      Exchange.offer(client, exchangeOver(dispatcher))
    )
  ).pipe(Layer.provide(NodeHttpClient.layerUndiciWithoutDispatcher))

/**
 * With a dispatcher of its own, whose connections close with the layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.provide(
  layerWithoutDispatcher,
  NodeHttpClient.dispatcherLayer
)
