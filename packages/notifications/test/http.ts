/** Real requests to real servers on loopback. */
import { createServer, type RequestListener } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

export const path = "/yunmo/notifications"

export interface Served {
  readonly port: number
  readonly url: string
}

export const servedAt = (address: AddressInfo | string | null): Served => {
  const { port } = address !== null && typeof address === "object" ? address : assert.fail("no port")
  return { port, url: `http://127.0.0.1:${port}` }
}

/** A real server on a free port of loopback, gone when the scope closes. */
export const listen = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.map((server) => servedAt(server.address())))

export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export const call = (url: string, init?: RequestInit): Effect.Effect<Called> =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    return { status: response.status, headers: response.headers, body: await response.text() }
  })

export const post = (
  url: string,
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = {},
  at = path
): Effect.Effect<Called> =>
  call(`${url}${at}`, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } })

/** What comes back for these bytes, until the server closes the connection. */
export const raw = (port: number, text: string, more: Effect.Effect<string> = Effect.never) =>
  Effect.async<string>((resume) => {
    let received = ""
    let sender: Fiber.Fiber<never> | undefined
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text)
      sender = Effect.runFork(
        Effect.forever(Effect.tap(more, (chunk) => Effect.sync(() => socket.writable && socket.write(chunk))))
      )
    })
    const stop = Effect.suspend(() => (sender === undefined ? Effect.void : Fiber.interrupt(sender)))
    socket.on("data", (chunk) => {
      received += chunk
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.as(stop, received)))
    return Effect.zipRight(
      stop,
      Effect.sync(() => socket.destroy())
    )
  })

export const head = (...headers: ReadonlyArray<string>) =>
  [`POST ${path} HTTP/1.1`, "Host: localhost", "Content-Type: application/json", ...headers, "", ""].join(
    "\r\n"
  )
