/** Whom the control surface answers at all, before it looks at a credential. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Option from "effect/Option"
import { isLoopback } from "./ipAddress.js"

type Caller = Pick<HttpServerRequest.HttpServerRequest, "headers" | "remoteAddress">

/** The `Host` header without its port. */
const hostOf = ({ headers }: Caller): string => (headers["host"] ?? "").replace(/:\d{1,5}$/, "")

/** What a proxy adds for those it speaks for; they may be anywhere, while the proxy itself is on this machine. */
const traces = ["forwarded", "x-forwarded-for", "x-real-ip"]

const wayOut = "start the sandbox with allowRemoteControl (--allow-remote-control) to let other machines in"

const notFromHere = (caller: Caller): string | undefined => {
  const { headers, remoteAddress } = caller
  const address = Option.getOrUndefined(remoteAddress)
  if (address === undefined || !isLoopback(address)) {
    return `The control surface answers callers on this machine only, and this one is at ${address ?? "an unknown address"}; ${wayOut}.`
  }
  const trace = traces.find((name) => headers[name] !== undefined)
  if (trace !== undefined) {
    return `The control surface answers callers on this machine only, and a proxy passed this call on (${trace}); call it directly, or ${wayOut}.`
  }
  if (!isLoopback(hostOf(caller))) {
    return `The control surface answers to localhost, 127.0.0.1 and [::1] only, and the Host header names none of them; call it by one of these, or ${wayOut}.`
  }
  return undefined
}

/** `host` is as the browser wrote it, which leaves the scheme's own port out. */
const isOf = (origin: string, host: string): boolean => {
  if (!URL.canParse(origin)) {
    return false
  }
  const { host: named, protocol } = new URL(origin)
  const own = `${protocol}//${host}`
  return URL.canParse(own) && named === new URL(own).host
}

const fromAnotherSite = ({ headers }: Caller): string | undefined => {
  const { host = "", origin } = headers
  return headers["sec-fetch-site"] === "cross-site" || (origin !== undefined && !isOf(origin, host))
    ? "The control surface answers no page of another site; open its address yourself, or call it without a browser."
    : undefined
}

/** Why it does not answer this caller; nothing when it does. */
export const refusalOf = (caller: Caller, allowRemote: boolean): string | undefined =>
  (allowRemote ? undefined : notFromHere(caller)) ?? fromAnotherSite(caller)
