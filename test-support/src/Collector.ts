/** A collector of OpenTelemetry on loopback: keeps what it gets. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import * as Effect from "effect/Effect"

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export const start = (answer: "at once" | "never" | "refused" = "at once") =>
  Effect.acquireRelease(
    Effect.async<{ url: string; received: Array<Received>; close: () => void }>((resume) => {
      const received: Array<Received> = []
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) })
          if (answer === "refused") {
            response.writeHead(401).end()
          } else if (answer === "at once") {
            response.setHeader("content-type", "application/json").end("{}")
          }
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, received, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )
