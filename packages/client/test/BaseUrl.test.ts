import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as BaseUrl from "../src/BaseUrl.js"

const read = (text: string): string => Either.getOrElse(Either.map(BaseUrl.fromText(text), String), () => "")
const refusal = (text: string): string =>
  Either.match(BaseUrl.fromText(text), { onLeft: ({ message }) => message, onRight: () => "" })

describe("fromText", () => {
  it.each([
    ["https://sandbox-api.yunmo.io", "https://sandbox-api.yunmo.io"],
    ["https://api.example.com/", "https://api.example.com"],
    ["https://api.example.com/open/v1//", "https://api.example.com/open/v1"],
    ["HTTPS://API.Example.com:443", "https://api.example.com"],
    ["https://api.example.com:8443", "https://api.example.com:8443"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["http://127.0.0.1:3000/api", "http://127.0.0.1:3000/api"],
    ["http://127.255.0.9", "http://127.255.0.9"],
    ["http://[::1]:3000", "http://[::1]:3000"],
    ["http://[0:0:0:0:0:0:0:1]", "http://[::1]"],
    // What a URL makes of these is 127.0.0.1, and so does whatever connects.
    ["http://127.1", "http://127.0.0.1"],
    ["http://2130706433", "http://127.0.0.1"],
    ["http://0x7f.1", "http://127.0.0.1"]
  ])("takes %s", (text, expected) => {
    assert.strictEqual(read(text), expected)
  })

  it.each([
    "http://sandbox-api.yunmo.io",
    "http://127.0.0.1.evil.com",
    "http://localhost.evil.com",
    "http://evil.com/localhost",
    "http://evil.com:127",
    "http://localhost.",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://128.0.0.1",
    "http://[::ffff:127.0.0.1]",
    "http://[::2]",
    "http://[::]",
    "http://xn--localhst-8za",
    "ftp://127.0.0.1",
    "ws://localhost",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "localhost:3000"
  ])("refuses %s: only https, or http on loopback", (text) => {
    assert.include(refusal(text), "must begin with https://")
  })

  it.each([
    "",
    "http://1270.0.0.1",
    "api.example.com",
    "//api.example.com",
    "https://",
    "http://[::1",
    "not a url",
    "https://a b"
  ])("refuses %j: no URL", (text) => {
    assert.include(refusal(text), "is no URL")
  })

  it.each([
    "https://user:hunter2@api.example.com",
    "https://user@api.example.com",
    "http://127.0.0.1:hunter2@evil.com",
    "https://:hunter2@api.example.com"
  ])("refuses %s without repeating what it carries", (text) => {
    assert.include(refusal(text), "user name or password")
    assert.notInclude(refusal(text), "hunter2")
  })

  it.each(["https://api.example.com?token=hunter2", "https://api.example.com/#hunter2"])(
    "refuses %s: a query or fragment",
    (text) => {
      assert.include(refusal(text), "query or fragment")
      assert.notInclude(refusal(text), "hunter2")
    }
  )

  it.prop(
    "gives addresses that it takes again as they are, https or loopback",
    [FastCheck.oneof(FastCheck.webUrl({ validSchemes: ["http", "https"] }), FastCheck.string())],
    ([text]) => {
      const address = read(text)
      if (address !== "") {
        assert.strictEqual(read(address), address)
        assert.match(address, /^(?:https:\/\/|http:\/\/(?:localhost|127\.|\[::1\]))/)
        assert.notMatch(address, /\/$/)
      }
    }
  )

  it("is an error one can name", () => {
    const caught = BaseUrl.fromText("http://evil.com").pipe(
      Effect.catchTag("BaseUrlInvalid", ({ reason }) => Effect.succeed(reason)),
      Effect.runSync
    )
    assert.include(caught, "evil.com")
    assert.include(Cause.pretty(Cause.fail(new BaseUrl.BaseUrlInvalid({ reason: "is no URL" }))), "is no URL")
  })
})
