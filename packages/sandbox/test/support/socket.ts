import { connect } from "node:net"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Effect from "effect/Effect"

/** What came back on the socket, before anybody has made sense of it. */
export interface Heard {
  readonly text: string
  /** The other side said that it has nothing more to send (FIN). */
  readonly ended: boolean
  /** The system's code, ECONNRESET say. */
  readonly error: string | undefined
}

/** Sends these bytes as one POST over a connection of its own, and listens until that is closed. Interruption hangs up. */
export const send = (path: string, body: string): Effect.Effect<Heard, never, HttpServer.HttpServer> =>
  Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
    Effect.async<Heard>((resume) => {
      const port = address._tag === "TcpAddress" ? address.port : 0
      const socket = connect({ host: "127.0.0.1", port })
      const chunks: Array<Buffer> = []
      let ended = false
      let error: string | undefined
      socket.on("connect", () => {
        socket.write(
          [
            `POST ${path} HTTP/1.1`,
            `host: 127.0.0.1:${port}`,
            "content-type: application/json",
            `content-length: ${Buffer.byteLength(body)}`,
            "connection: close",
            "",
            body
          ].join("\r\n")
        )
      })
      socket.on("data", (chunk) => chunks.push(chunk))
      socket.on("end", () => {
        ended = true
      })
      socket.on("error", (cause: NodeJS.ErrnoException) => {
        error = cause.code
      })
      socket.on("close", () =>
        resume(Effect.succeed({ text: Buffer.concat(chunks).toString("utf8"), ended, error }))
      )
      return Effect.sync(() => socket.destroy())
    })
  )

/** The parts of an HTTP answer; the body has the length that its head promises. */
export const parts = ({ text }: Heard) => {
  const end = text.indexOf("\r\n\r\n")
  const [first = "", ...lines] = text.slice(0, end).split("\r\n")
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    })
  )
  const body = text.slice(end + 4)
  return {
    status: Number(first.split(" ")[1]),
    contentType: headers.get("content-type"),
    complete: headers.get("content-length") === String(Buffer.byteLength(body)),
    body
  }
}

/** Looks again in the machine's own time until it holds, for tests whose clock stands still. */
export const seen = <A, E, R>(look: Effect.Effect<A | undefined, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    for (let looks = 0; looks < 5000; looks++) {
      const found = yield* look
      if (found !== undefined) {
        return found
      }
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
    }
    return yield* Effect.dieMessage("it was not seen within 5000 looks")
  })
