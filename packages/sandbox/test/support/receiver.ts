import { createServer } from "node:http"
import * as Effect from "effect/Effect"

export interface Received {
  readonly body: string
  readonly contentType: string | undefined
  readonly headers: ReadonlyArray<string>
}

/** What the receiver answers; it hangs up on `undefined`, and never answers `"silence"`. */
export type Reply =
  | { readonly status: number; readonly body: string; readonly location?: string }
  | "silence"
  | undefined

/** A merchant's webhook on a free loopback port. Each request takes the next reply; the last one stays. */
export const receiver = (...replies: ReadonlyArray<Reply>) =>
  receiverBy((_, nth) => replies[Math.min(nth, replies.length - 1)])

/** A merchant's webhook that decides for itself what it answers, and when; `nth` counts all requests from 0. */
export const receiverBy = (decide: (request: Received, nth: number) => Reply | Promise<Reply>, port = 0) =>
  Effect.acquireRelease(
    Effect.async<{
      readonly url: string
      readonly received: ReadonlyArray<Received>
      readonly close: () => void
    }>((resume) => {
      const received: Array<Received> = []
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", async () => {
          const heard = {
            body: Buffer.concat(chunks).toString("utf8"),
            contentType: request.headers["content-type"],
            headers: Object.keys(request.headers)
          }
          const nth = received.push(heard) - 1
          const reply = await decide(heard, nth)
          if (reply === undefined) {
            request.socket.destroy()
          } else if (reply !== "silence") {
            response.writeHead(reply.status, reply.location === undefined ? {} : { location: reply.location })
            response.end(reply.body)
          }
        })
      })
      server.listen(port, "127.0.0.1", () => {
        const address = server.address()
        const own = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            url: `http://127.0.0.1:${own}/notifications`,
            received,
            close: () => {
              server.closeAllConnections()
              server.close()
            }
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

export const ok: Reply = { status: 200, body: "OK" }

/** Looks again until it holds, for what another process or socket does in its own time. */
export const eventually = <A>(look: Effect.Effect<A | undefined>): Effect.Effect<A> =>
  Effect.flatMap(look, (found) =>
    found === undefined ? Effect.zipRight(Effect.sleep("5 millis"), eventually(look)) : Effect.succeed(found)
  ).pipe(Effect.timeout("10 seconds"), Effect.orDie)
