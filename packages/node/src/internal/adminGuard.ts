/** Whom the admin port answers. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import * as Redacted from "effect/Redacted"
import { isLoopback } from "../NodeServer.js"

export interface Refusal {
  readonly status: 401 | 403 | 405
  readonly reason: "credential" | "site" | "host" | "proxy" | "method"
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a proxy adds for those it speaks for; they may be anywhere, while the proxy itself is on this machine. */
const traces = /^(forwarded|x-forwarded-.+|x-real-ip|via)$/

/** `Host` is as the browser wrote it, which leaves the scheme's own port out. */
const isOwn = (origin: string, host: string): boolean => {
  if (!URL.canParse(origin)) {
    return false
  }
  const { host: named, protocol } = new URL(origin)
  const own = `${protocol}//${host}`
  return URL.canParse(own) && named === new URL(own).host
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Compares digests, so that neither the length nor the content of the credential shows in the time it takes. */
const bears = (authorization: string | undefined, token: Redacted.Redacted<string>): boolean => {
  const [, given = ""] = /^bearer +(.+)$/i.exec(authorization ?? "") ?? []
  return timingSafeEqual(digest(given), digest(Redacted.value(token)))
}

const notFromHere = ({ headers, socket }: IncomingMessage): Refusal | undefined => {
  // On loopback the peer is here by itself; but a page of another site can reach loopback through the browser, and
  // anybody can through a proxy.
  if (!isLoopback(socket.remoteAddress ?? "")) {
    return { status: 403, reason: "host", text: "The admin port answers callers on this machine only." }
  }
  if (!isLoopback((headers.host ?? "").replace(/:\d{1,5}$/, ""))) {
    return {
      status: 403,
      reason: "host",
      text: "The admin port answers to localhost, 127.0.0.1 and [::1] only, and the Host header names none of them."
    }
  }
  return Object.keys(headers).some((name) => traces.test(name))
    ? {
        status: 403,
        reason: "proxy",
        text: "A proxy passed this call on, and without a credential the admin port answers callers on this machine only."
      }
    : undefined
}

const fromAnotherSite = ({ headers }: IncomingMessage): Refusal | undefined => {
  const { host = "", origin } = headers
  const site = headers["sec-fetch-site"]
  return site === "cross-site" || site === "same-site" || (origin !== undefined && !isOwn(origin, host))
    ? { status: 403, reason: "site", text: "The admin port answers no page of another site." }
    : undefined
}

/** Why it does not answer this caller; undefined when it does. */
export const refusalOf = (
  request: IncomingMessage,
  token: Redacted.Redacted<string> | undefined
): Refusal | undefined => {
  const elsewhere = (token === undefined ? notFromHere(request) : undefined) ?? fromAnotherSite(request)
  if (elsewhere !== undefined) {
    return elsewhere
  }
  if (token !== undefined && !bears(request.headers.authorization, token)) {
    return {
      status: 401,
      reason: "credential",
      text: "The admin port wants its credential: Authorization: Bearer …",
      headers: { "WWW-Authenticate": "Bearer" }
    }
  }
  return request.method === "GET" || request.method === "HEAD"
    ? undefined
    : {
        status: 405,
        reason: "method",
        text: "Only GET is answered here.",
        headers: { Allow: "GET, HEAD" }
      }
}
