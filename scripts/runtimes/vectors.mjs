/**
 * The signature's vectors with whichever runtime runs this file, from what is built: each has to verify as it says, again
 * once its layout is known, and no longer with a character changed. Started by `test-runtimes.ts`; plain JavaScript, because
 * not every runtime takes types off.
 */
import { readFileSync } from "node:fs"
import * as RawMessage from "../../packages/signing/dist/RawMessage.js"
import * as Signer from "../../packages/signing/dist/Signer.js"
import * as SigningKey from "../../packages/signing/dist/SigningKey.js"
import * as Verifier from "../../packages/signing/dist/Verifier.js"
import * as Effect from "../../packages/signing/node_modules/effect/dist/esm/Effect.js"
import * as Either from "../../packages/signing/node_modules/effect/dist/esm/Either.js"
import * as Redacted from "../../packages/signing/node_modules/effect/dist/esm/Redacted.js"

const faults = []
let checks = 0
const check = (isRight, what) => {
  checks++
  if (!isRight) faults.push(what)
}

const file = new URL("../../packages/signing/test/vectors.json", import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, "utf8"))
const encoder = new TextEncoder()

for (const { collision, message, name, nested, secret } of vectors) {
  const keys = [SigningKey.make("other", "no match"), SigningKey.make("theirs", secret)]
  for (const raw of [message, message, encoder.encode(message)]) {
    const verified = Either.getOrUndefined(Verifier.verifyWith(keys, raw))
    check(
      verified?.keyId === "theirs" && verified.nested === nested && verified.collision === collision,
      `"${name}" does not verify as it should`
    )
  }
  const forged = message.replace(
    /("sign"\s*:\s*")(.)/,
    (_, before, first) => before + (first === "0" ? "1" : "0")
  )
  check(Either.isLeft(Verifier.verifyWith(keys, forged)), `"${name}" verifies with another signature`)
}

// What a runtime brings along itself: the decoder of UTF-8, and its idea of a surrogate.
const refusals = [
  ["InvalidUtf8", 6, [0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe5, 0xbc, 0x22, 0x7d]],
  ["InvalidUtf8", 6, [0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]],
  ["InvalidUtf8", 6, [0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xf0, 0x8f, 0xbf, 0xbf, 0x22, 0x7d]],
  ["ByteOrderMark", 0, [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
  ["LoneSurrogate", 6, [...encoder.encode('{"a":"\\ud83d"}')]]
]
for (const [reason, position, bytes] of refusals) {
  const result = RawMessage.read(Uint8Array.from(bytes))
  check(
    result.reason === reason && result.position === position,
    `${reason} at ${position} is not refused so`
  )
}

const signed = await Effect.runPromise(
  Signer.signWith(SigningKey.make("test", "1111111111111111"), {
    envelope: {
      merchantNo: "BU078255558",
      nonce: "TW4P54uVulwRoc2y",
      requestTime: 1770712296681,
      version: "v1.0"
    },
    token: Redacted.make("testToken"),
    data: { customerCode: "test0001" }
  })
)
check(signed.sign === "6bf642b5fc7b10a6eae3b8ab5e7bbea2", "the vendor's request is signed otherwise")

console.log(`${vectors.length} vectors, ${checks} checks, ${faults.length} failed`)
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
