/** Calls that say exactly what goes over the wire. */
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import * as Effect from "effect/Effect"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

/** `fetch` refuses to send some headers, among them `Host`. */
export const call = (
  url: string,
  options: {
    readonly method?: string
    readonly headers?: Record<string, string>
    readonly body?: string
  } = {}
): Effect.Effect<Answer, Error> =>
  Effect.async((resume) => {
    const { body, headers = {}, method = "GET" } = options
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk) => {
        text += chunk
      })
      response.on("error", (error) => resume(Effect.fail(error)))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      )
    })
    outgoing.on("error", (error) => resume(Effect.fail(error)))
    outgoing.end(body)
    return Effect.sync(() => outgoing.destroy())
  })

export interface Wire {
  readonly socket: Socket
  readonly received: () => string
  /** Done when the other side has closed. */
  readonly closed: Effect.Effect<void>
}

/** A connection to a port of loopback, on which a text is sent. */
export const wire = (port: number, text: string, localAddress = "127.0.0.1") =>
  Effect.acquireRelease(
    Effect.async<Wire, Error>((resume) => {
      let received = ""
      const socket = connect({ port, host: "127.0.0.1", localAddress })
      const closed = new Promise<void>((done) => socket.on("close", () => done()))
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        received += chunk
      })
      socket.on("error", (error) => resume(Effect.fail(error)))
      socket.on("connect", () => {
        socket.write(text)
        resume(Effect.succeed({ socket, received: () => received, closed: Effect.promise(() => closed) }))
      })
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )
