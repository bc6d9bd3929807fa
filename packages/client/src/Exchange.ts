/**
 * A shorter way for the client's requests. An `HttpClient` gives a response as soon as its head is there, to be read by
 * whoever wants to, in a scope, in as many pieces as come; this client wants all of a small answer or nothing, and what is
 * built for the other costs it most of a call's time. An `HttpClient` that can carry a request out and its whole answer
 * home in one go may offer that beside, as `UndiciClient` of `@effect-yunmo/node` does. Every other `HttpClient` is used
 * as it is, and so is one that was changed by a combinator (`HttpClient.mapRequest`, say), since an exchange would pass the
 * change by.
 *
 * @since 0.1.0
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import * as GlobalValue from "effect/GlobalValue"
import * as Option from "effect/Option"

/**
 * A POST of JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly url: string
  /** Text to be sent to the byte, as UTF-8. It holds the token, so it belongs in no error and no log. */
  readonly body: string
  /** A body of the answer that is larger is given up where it becomes so. */
  readonly maxBytes: number
}

/**
 * What a request came to:
 *
 * - `Answered`: HTTP 200, with all of the body
 * - `Refused`: another status, a redirect among them; it is given as soon as it is known, and nobody wants the body
 * - `TooLarge`: HTTP 200, with a body larger than `maxBytes`
 * - `Lost`: no answer, or none to its end; of `cause` only a system's code (`ECONNRESET`) is shown
 *
 * @since 0.1.0
 * @category models
 */
export type Reply =
  | { readonly _tag: "Answered"; readonly body: Uint8Array }
  | { readonly _tag: "Refused"; readonly status: number }
  | { readonly _tag: "TooLarge" }
  | { readonly _tag: "Lost"; readonly cause: unknown }

/**
 * Sends the request, once, and says once what it came to. What it returns gives the request up, connection included, and
 * is called when the call was interrupted or has run out of time, which is not the exchange's to watch; `done` need not be
 * called any more then. Redirects are never followed.
 *
 * @since 0.1.0
 * @category models
 */
export type Exchange = (request: Request, done: (reply: Reply) => void) => () => void

/** Kept beside the clients, so that one which is made of another by a combinator has none. */
const offered = GlobalValue.globalValue(
  Symbol.for("@effect-yunmo/client/Exchange/offered"),
  () => new WeakMap<HttpClient, Exchange>()
)

/**
 * The same `HttpClient`, with an exchange that the client may use in its place.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offer = (client: HttpClient, exchange: Exchange): HttpClient => {
  offered.set(client, exchange)
  return client
}

/**
 * What an `HttpClient` offers.
 *
 * @since 0.1.0
 * @category accessors
 */
export const of = (client: HttpClient): Option.Option<Exchange> => Option.fromNullable(offered.get(client))
