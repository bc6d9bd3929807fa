/** Addresses as text: whether one is, which are the same, and which are this machine's. */

const byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"

const v4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`)

/** How an IPv4 caller looks to a server that listens for IPv6 too, as a URL writes it. */
const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/

const dotted = (high: string, low: string): string =>
  [high, low]
    .map((text) => Number.parseInt(text, 16))
    .flatMap((word) => [word >> 8, word & 255])
    .join(".")

/** One text for each address; none for what is none. The zone that a link-local one may have belongs to it. */
const canonical = (text: string): string | undefined => {
  if (v4.test(text)) {
    return text
  }
  const [address = "", zone = ""] = text.split(/(?=%)/, 2)
  // With a bracket of its own it could be more than an address to the URL.
  if (
    !/^[\da-f:.]+$/i.test(address) ||
    !/^(?:%[\w.-]+)?$/.test(zone) ||
    !URL.canParse(`http://[${address}]`)
  ) {
    return undefined
  }
  const v6 = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [, high, low] = mapped.exec(v6) ?? []
  return high === undefined || low === undefined ? `${v6}${zone}` : dotted(high, low)
}

/** IPv4 or IPv6, without a mask or a port. */
export const isIpAddress = (text: string): boolean => canonical(text) !== undefined

/** Whether both are addresses, and the same: an IPv4 one and the same mapped into IPv6, too. */
export const isSame = (left: string, right: string): boolean => {
  const address = canonical(left)
  return address !== undefined && address === canonical(right)
}

/**
 * Whether this host, an IPv6 one in brackets or not, is the machine itself: `localhost`, `::1` or one of `127.0.0.0/8`. Other names are
 * not resolved: what a name resolves to can change after the check.
 */
export const isLoopback = (host: string): boolean => {
  if (host.toLowerCase() === "localhost") {
    return true
  }
  const address = canonical(host.replace(/^\[(.*)\]$/, "$1"))
  return address !== undefined && /^(?:::1(?:%.*)?|127\..*)$/.test(address)
}
