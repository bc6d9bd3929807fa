/** Addresses as text: one text for each of them, whatever the way it was written. */
import { isIP, isIPv6 } from "node:net"

/** How an IPv4 peer looks to a server that listens for IPv6 too, as a URL writes it. */
const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/

const dotted = (high: string, low: string): string =>
  [high, low]
    .map((word) => Number.parseInt(word, 16))
    .flatMap((word) => [word >> 8, word & 255])
    .join(".")

/** The zone of a link-local address (`%eth0`) tells the interface, not who it is. */
const withoutZone = (text: string): string => text.split("%", 1)[0] ?? ""

/** The address in one way of writing, an IPv4 one mapped into IPv6 as IPv4; undefined for what is none. */
export const canonical = (text: string): string | undefined => {
  const address = withoutZone(text)
  switch (isIP(address)) {
    case 4:
      return address
    case 6: {
      const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1)
      const [, high, low] = mapped.exec(shortest) ?? []
      return high === undefined || low === undefined ? shortest : dotted(high, low)
    }
    default:
      return undefined
  }
}

/** The eight words of a canonical IPv6 address. */
const wordsOf = (address: string): ReadonlyArray<number> => {
  const [head = "", tail] = address.split("::")
  const words = (part: string) =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16))
  const left = words(head)
  const right = tail === undefined ? [] : words(tail)
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
}

const bitsOf = (address: string): string =>
  isIPv6(address)
    ? wordsOf(address)
        .map((word) => word.toString(2).padStart(16, "0"))
        .join("")
    : address
        .split(".")
        .map((byte) => Number(byte).toString(2).padStart(8, "0"))
        .join("")

/** The first address of the network, which is how a network is written. */
export const networkOf = (address: string, prefix: number): string => {
  const bits = bitsOf(address)
  const kept = bits.slice(0, prefix).padEnd(bits.length, "0")
  if (!isIPv6(address)) {
    return (kept.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)).join(".")
  }
  const words = (kept.match(/.{16}/g) ?? []).map((word) => Number.parseInt(word, 2).toString(16)).join(":")
  return new URL(`http://[${words}]`).hostname.slice(1, -1)
}

/**
 * Whom connections are counted for: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address there has
 * them all.
 */
export const holderOf = (address: string): string => {
  const known = canonical(address)
  return known === undefined ? address : isIPv6(known) ? `${networkOf(known, 64)}/64` : known
}
