import { Agent, request } from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Exchange from "../../src/Exchange.js"

/** An exchange as anybody could write one, over `node:http`. */
const exchangeOver =
  (agent: Agent): Exchange.Exchange =>
  ({ body, maxBytes, url }, done) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const sent = request(url, { agent, method: "POST", headers }, (response) => {
      const chunks: Array<Buffer> = []
      let bytes = 0
      response.on("error", (cause) => done({ _tag: "Lost", cause }))
      if (response.statusCode !== 200) {
        done({ _tag: "Refused", status: response.statusCode ?? 0 })
        sent.destroy()
        return
      }
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > maxBytes) {
          done({ _tag: "TooLarge" })
          sent.destroy()
        }
      })
      response.on("end", () => done({ _tag: "Answered", body: Buffer.concat(chunks) }))
    })
    sent.on("error", (cause) => done({ _tag: "Lost", cause }))
    sent.end(body)
    return () => {
      sent.destroy()
    }
  }

/** An `HttpClient` with this exchange, which can do nothing else. */
export const offering = (exchange: Exchange.Exchange): Layer.Layer<HttpClient.HttpClient> =>
  Layer.sync(HttpClient.HttpClient, () =>
    Exchange.offer(
      HttpClient.make(() => Effect.dieMessage("the exchange is used")),
      exchange
    )
  )

export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.unwrapScoped(
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true })),
      (agent) => Effect.sync(() => agent.destroy())
    ),
    (agent) => offering(exchangeOver(agent))
  )
)
