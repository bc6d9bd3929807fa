import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as AddressList from "../src/AddressList.js"
import * as ClientAddress from "../src/ClientAddress.js"

const trusted = Either.getOrThrow(AddressList.fromText("10.0.0.0/8, 2001:db8:ffff::/48"))

describe("ClientAddress", () => {
  it.each([
    // Nobody trusted in front: the header is a stranger's word.
    ["203.0.113.9", undefined, "203.0.113.9"],
    ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
    // One proxy, and what a stranger wrote before it.
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"],
    ["::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"],
    // Two proxies.
    ["10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["10.0.0.1", "10.9.9.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["2001:db8:ffff::1", "2001:db8:1::7,10.0.0.2", "2001:db8:1::7"],
    // All of them trusted: the farthest.
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    // Ports, as some proxies write them, and mapped addresses.
    ["10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    ["10.0.0.1", "[2001:db8:1::7]:4711", "2001:db8:1::7"],
    ["10.0.0.1", "[2001:DB8:1::7]", "2001:db8:1::7"],
    ["10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    // What cannot be read ends the walk at the proxy that is known.
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", "unknown", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1, _hidden", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1,,10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", "for=198.51.100.1", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1;10.0.0.2", "10.0.0.1"],
    ["10.0.0.1", "999.1.1.1", "10.0.0.1"],
    ["10.0.0.1", "[198.51.100.1", "10.0.0.1"]
  ])("peer %s with %j is %s", (peer, header, expected) => {
    assert.strictEqual(ClientAddress.resolve(peer, header, trusted), expected)
  })
})
