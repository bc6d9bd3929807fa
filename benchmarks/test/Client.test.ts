import { once } from "node:events"
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Either from "effect/Either"
import { contestants } from "../src/client/contestants.js"
import { answering, merchant, question, token } from "../src/client/vendor.js"

/** The vendor of the bench, which here keeps what it is sent. */
const listening = async () => {
  const bodies: Array<string> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    if (request.url === question.path) {
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => bodies.push(Buffer.concat(chunks).toString()))
    }
    answering(request, response)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { bodies, server, url: `http://127.0.0.1:${port}` }
}

describe("the bench of the client", () => {
  it("every contestant signs the same question, each time anew, and reads every answer", async () => {
    const { bodies, server, url } = await listening()
    const keys = [SigningKey.make("bench", merchant.secretKey)]
    const nonces = new Set<string>()
    const { floor, others, ours } = contestants(url)
    const all = [...floor, ...ours, ...others]
    for (const { close, name, run } of all) {
      bodies.length = 0
      assert.strictEqual(await run(64, 32), 64 * 1250.75, name)
      assert.lengthOf(bodies, 64)
      for (const body of bodies) {
        assert.isTrue(Either.isRight(Verifier.verifyWith(keys, body)), name)
        const message = JSON.parse(body)
        assert.deepStrictEqual(message.data, { cardId: question.cardId })
        assert.strictEqual(message.token, token)
        nonces.add(message.nonce)
      }
      await close()
    }
    assert.strictEqual(nonces.size, 64 * all.length)
    server.closeAllConnections()
    server.close()
  })
})
