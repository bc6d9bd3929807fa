/**
 * IPv4 and IPv6 addresses and networks as people write them in a setting: `203.0.113.7, 198.51.100.0/24, 2001:db8::/32`.
 * An IPv4 address that arrives mapped into IPv6 (`::ffff:203.0.113.7`) is the IPv4 address.
 *
 * @since 0.1.0
 */
import { BlockList, isIPv6 } from "node:net"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { canonical, networkOf } from "./internal/ipAddress.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface AddressList {
  /** Whether an address is on it; text that is no address is not. */
  readonly contains: (address: string) => boolean
  /** The entries, each in one way of writing. */
  readonly entries: ReadonlyArray<string>
}

/**
 * Entries that are no addresses and no networks.
 *
 * @since 0.1.0
 * @category errors
 */
export class AddressListInvalid extends Data.TaggedError("AddressListInvalid")<{
  /** One for each entry that is wrong, as the end of a sentence. */
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return this.problems.join("; ")
  }
}

interface Entry {
  readonly address: string
  readonly family: "ipv4" | "ipv6"
  readonly prefix: number | undefined
}

const parse = (text: string): Either.Either<Entry, string> => {
  const [host = "", bits, ...more] = text.split("/")
  const address = canonical(host)
  const wellFormed = more.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits))
  if (address === undefined || !wellFormed || host.includes("%")) {
    return Either.left(`${text} is neither an address nor a network like 198.51.100.0/24`)
  }
  const family = isIPv6(address) ? "ipv6" : "ipv4"
  if (bits === undefined) {
    return Either.right({ address, family, prefix: undefined })
  }
  if (host.includes(":") && family === "ipv4") {
    return Either.left(`${text} is a network of IPv4 addresses: write it as one`)
  }
  const prefix = Number(bits)
  const longest = family === "ipv4" ? 32 : 128
  if (prefix > longest) {
    return Either.left(`${text} has a prefix longer than ${longest} bits`)
  }
  const network = networkOf(address, prefix)
  // More likely a slip of the pen than a wish, and one that may let in many more than was meant.
  return network === address
    ? Either.right({ address, family, prefix })
    : Either.left(`${text} has bits beyond its prefix; the network is ${network}/${prefix}`)
}

const make = (entries: ReadonlyArray<Entry>): AddressList => {
  const list = new BlockList()
  for (const { address, family, prefix } of entries) {
    if (prefix === undefined) {
      list.addAddress(address, family)
    } else {
      list.addSubnet(address, prefix, family)
    }
  }
  return {
    contains: (text) => {
      const address = canonical(text)
      return address !== undefined && list.check(address, isIPv6(address) ? "ipv6" : "ipv4")
    },
    entries: entries.map(({ address, prefix }) => (prefix === undefined ? address : `${address}/${prefix}`))
  }
}

/**
 * Nobody.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: AddressList = make([])

/**
 * Reads a list with commas or blanks between its entries, or says of each wrong entry what is wrong.
 *
 * @example
 * ```ts
 * import * as AddressList from "@effect-yunmo/node/AddressList"
 * import * as Either from "effect/Either"
 *
 * const list = Either.getOrThrow(AddressList.fromText("203.0.113.7, 2001:db8::/32"))
 * console.log(list.contains("::ffff:203.0.113.7"))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromText = (text: string): Either.Either<AddressList, AddressListInvalid> => {
  const parsed = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(parse)
  const problems = parsed.flatMap((entry) => (Either.isLeft(entry) ? [entry.left] : []))
  return problems.length > 0
    ? Either.left(new AddressListInvalid({ problems }))
    : Either.right(make(parsed.flatMap((entry) => (Either.isRight(entry) ? [entry.right] : []))))
}
