import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as AddressList from "../src/AddressList.js"
import { holderOf, networkOf } from "../src/internal/ipAddress.js"

const list = (text: string) => Either.getOrThrow(AddressList.fromText(text))
const problems = (text: string) =>
  Either.match(AddressList.fromText(text), { onLeft: (invalid) => invalid.problems, onRight: () => [] })

describe("AddressList", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.7", "203.0.113.8", false],
    ["203.0.113.7", "::ffff:203.0.113.7", true],
    ["203.0.113.7", "::FFFF:cb00:7107", true],
    ["::ffff:203.0.113.7", "203.0.113.7", true],
    ["198.51.100.0/24", "198.51.100.255", true],
    ["198.51.100.0/24", "198.51.101.0", false],
    ["198.51.100.0/24", "::ffff:198.51.100.1", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["2001:DB8:0:0::0001", "2001:db8::1", true],
    ["fe80::/10", "fe80::1%eth0", true],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["203.0.113.7", "", false],
    ["203.0.113.7", "203.0.113.07", false],
    ["203.0.113.7", "unknown", false]
  ])("%s against %s: %s", (entries, address, expected) => {
    assert.strictEqual(list(entries).contains(address), expected)
  })

  it("takes commas and blanks between its entries, and nothing for nobody", () => {
    assert.deepStrictEqual(list(" 203.0.113.7,198.51.100.0/24\n2001:DB8::/32 ,").entries, [
      "203.0.113.7",
      "198.51.100.0/24",
      "2001:db8::/32"
    ])
    assert.deepStrictEqual(list(" , ").entries, [])
    assert.isFalse(AddressList.empty.contains("127.0.0.1"))
  })

  it("names every entry that is wrong, and what it should have been", () => {
    assert.deepStrictEqual(
      problems(
        "vendor.example, 10.0.0.0/33, 10.0.0.7/8, 2001:db8::1/32, 1.2.3, ::ffff:10.0.0.0/104, 1.2.3.4/, ::1"
      ),
      [
        "vendor.example is neither an address nor a network like 198.51.100.0/24",
        "10.0.0.0/33 has a prefix longer than 32 bits",
        "10.0.0.7/8 has bits beyond its prefix; the network is 10.0.0.0/8",
        "2001:db8::1/32 has bits beyond its prefix; the network is 2001:db8::/32",
        "1.2.3 is neither an address nor a network like 198.51.100.0/24",
        "::ffff:10.0.0.0/104 is a network of IPv4 addresses: write it as one",
        "1.2.3.4/ is neither an address nor a network like 198.51.100.0/24"
      ]
    )
  })

  it.prop(
    "has every address of its networks",
    [
      FastCheck.ipV4(),
      FastCheck.ipV6(),
      FastCheck.integer({ min: 0, max: 32 }),
      FastCheck.integer({ min: 0, max: 128 })
    ],
    ([v4, v6, bits4, bits6]) => {
      assert.isTrue(list(`${networkOf(v4, bits4)}/${bits4}`).contains(v4))
      const canonical = new URL(`http://[${v6}]`).hostname.slice(1, -1)
      FastCheck.pre(!canonical.startsWith("::ffff:") && !networkOf(canonical, bits6).startsWith("::ffff:"))
      assert.isTrue(list(`${networkOf(canonical, bits6)}/${bits6}`).contains(v6))
    }
  )

  it("counts an IPv6 address with its neighbours", () => {
    assert.strictEqual(holderOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64")
    assert.strictEqual(holderOf("2001:db8:1:2::9"), "2001:db8:1:2::/64")
    assert.strictEqual(holderOf("::ffff:203.0.113.7"), "203.0.113.7")
    assert.strictEqual(holderOf("nobody"), "nobody")
  })
})
