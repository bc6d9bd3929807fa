import { assert, describe, it } from "@effect/vitest"
import { isIpAddress, isLoopback, isSame } from "../src/internal/ipAddress.js"

/** The same table as in the test of `NodeServer.isLoopback` in packages/node, which decides alike. */
const hosts: ReadonlyArray<readonly [host: string, isLoopback: boolean]> = [
  ["localhost", true],
  ["LOCALHOST", true],
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["[::1]", true],
  ["::1%lo", true],
  ["0:0:0:0:0:0:0:1", true],
  ["::ffff:127.0.0.1", true],
  ["::FFFF:127.0.0.1", true],
  ["[::ffff:7f00:1]", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["::ffff:10.0.0.1", false],
  ["::ffff:0:127.0.0.1", false],
  ["127.1", false],
  ["127.0.0.256", false],
  ["127.0.0.1:80", false],
  ["127.0.0.1.example", false],
  ["localhost.example", false],
  ["[localhost]", false],
  ["[::1", false],
  ["", false]
]

describe("addresses", () => {
  it.each(hosts)("%j is this machine: %s", (host, expected) => {
    assert.strictEqual(isLoopback(host), expected)
  })

  it.each([
    "203.0.113.7",
    "0.0.0.0",
    "255.255.255.255",
    "::",
    "2001:db8::1",
    "2001:DB8::1",
    "::ffff:10.0.0.1",
    "fe80::1%eth0"
  ])("%s is one", (text) => assert.isTrue(isIpAddress(text)))

  it.each([
    "",
    " ",
    "localhost",
    "10.0.0.0/8",
    "2001:db8::/32",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.1:80",
    "[::1]",
    "::1]",
    "1::2::3",
    " 10.0.0.1",
    "10.0.0.1 ",
    "::1%",
    "::1%a b",
    "*"
  ])("%j is none", (text) => assert.isFalse(isIpAddress(text)))

  it.each([
    ["127.0.0.1", "::ffff:127.0.0.1", true],
    ["::FFFF:7f00:1", "127.0.0.1", true],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["2001:DB8::1", "2001:db8:0::1", true],
    ["fe80::1%eth0", "fe80::1%eth1", false],
    ["127.0.0.1", "127.0.0.10", false],
    ["here", "here", false]
  ] as const)("%s and %s are the same: %s", (left, right, expected) => {
    assert.strictEqual(isSame(left, right), expected)
  })
})
