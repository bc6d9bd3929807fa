/**
 * Who sent a request that came through proxies.
 *
 * `X-Forwarded-For` is a list to which each proxy appends whom it took the request from. Whoever sends a request can begin
 * the list with anything, so it is read from the right, and only as far as proxies that are trusted wrote it: the first address that
 * is no trusted proxy is the sender. Without trusted proxies the header is not read at all.
 *
 * The header `Forwarded` (RFC 7239) is not read: the common proxies write `X-Forwarded-For`, and a reader of both has to guess
 * which of the two a proxy passed on untouched from a stranger.
 *
 * @since 0.1.0
 */
import type { IncomingMessage } from "node:http"
import type { AddressList } from "./AddressList.js"
import { canonical } from "./internal/ipAddress.js"

/** Some proxies write the port, too: `203.0.113.7:4711`, `[2001:db8::1]:4711`. */
const addressOf = (hop: string): string | undefined => {
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(hop)?.[1] ?? hop
  return canonical(bare)
}

/**
 * The sender as far as it is known: the peer itself when it is no trusted proxy, else what the trusted proxies wrote. A
 * header that cannot be read ends the walk at the last proxy that is known, as the end of the header does.
 *
 * @since 0.1.0
 * @category addresses
 */
export const resolve = (
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: AddressList
): string => {
  let known = canonical(peer) ?? peer
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(",")
  while (trustedProxies.contains(known)) {
    const hop = hops.pop()
    const address = hop === undefined ? undefined : addressOf(hop.trim())
    if (address === undefined) {
      return known
    }
    known = address
  }
  return known
}

/**
 * The sender of a request of `node:http`; several headers of the name count as one list.
 *
 * @since 0.1.0
 * @category addresses
 */
export const ofRequest = (
  request: Pick<IncomingMessage, "headers" | "socket">,
  trustedProxies: AddressList
): string => {
  const header = request.headers["x-forwarded-for"]
  return resolve(
    request.socket.remoteAddress ?? "",
    Array.isArray(header) ? header.join(",") : header,
    trustedProxies
  )
}
