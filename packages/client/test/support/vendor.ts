import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"

/** A request as it stood on the wire. */
export interface Received {
  /** The name of the operation whose proposed path this is; the path itself for any other. */
  readonly operation: string
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The body to the byte, and what `JSON.parse` makes of it. */
  readonly body: string
  readonly message: Message
}

export interface Message {
  readonly merchantNo: string
  readonly token: string
  readonly requestTime: number
  readonly version: string
  readonly nonce: string
  readonly sign: string
  readonly data: Readonly<Record<string, unknown>>
}

/** How one request is answered. */
export interface Reply {
  readonly send: (response: ServerResponse, socket: Socket) => void
}

/** Always the same reply, a list whose last one stays, or a choice by what was received and how many came before. */
export type Script =
  | Reply
  | readonly [Reply, ...ReadonlyArray<Reply>]
  | ((received: Received, nth: number) => Reply | Promise<Reply>)

type Headers = Readonly<Record<string, string>>

/** This text, with HTTP 200. */
export const text = (body: string | Uint8Array, headers: Headers = {}): Reply => ({
  send: (response) => {
    response.writeHead(200, { "content-type": "application/json", ...headers })
    response.end(body)
  }
})

/** An envelope, whatever stands in it. */
export const envelope = (fields: Readonly<Record<string, unknown>>): Reply => text(JSON.stringify(fields))

/** What every answer here says of its time. */
export const timestamp = 1_770_712_296_681

/** Success with this data. */
export const ok = (data: unknown): Reply => envelope({ code: "200", msg: "success", timestamp, data })

/** A failure code. */
export const code = (value: string, msg = "no"): Reply =>
  envelope({ code: value, msg, timestamp, data: null })

/** Another HTTP status. */
export const status = (value: number, headers: Headers = {}, body = "<html>somebody else</html>"): Reply => ({
  send: (response) => {
    response.writeHead(value, { "content-type": "text/html", ...headers })
    response.end(body)
  }
})

/** The connection ends before an answer. */
export const reset: Reply = { send: (_, socket) => socket.resetAndDestroy() }

/** The connection ends within an answer that would have been a success. */
export const resetInBody: Reply = {
  send: (response, socket) => {
    const body = JSON.stringify({ code: "200", msg: "", timestamp, data: true })
    response.writeHead(200, { "content-type": "application/json", "content-length": String(body.length) })
    response.write(body.slice(0, -4), () => setTimeout(() => socket.resetAndDestroy(), 20))
  }
}

/** No answer. */
export const never: Reply = { send: () => {} }

/** The beginning of an answer, and then nothing. */
export const stalled: Reply = {
  send: (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    response.write(`{"code":"200",`)
  }
}

/** A body without an end, and without a length that would say so; `sent` counts what left of it. */
export const endless = (sent: { bytes: number }): Reply => ({
  send: (response, socket) => {
    response.writeHead(200, { "content-type": "application/json" })
    const chunk = Buffer.alloc(64 * 1024, " ")
    const more = () => {
      if (!socket.destroyed) {
        sent.bytes += chunk.length
        response.write(chunk, more)
      }
    }
    more()
  }
})

/** This reply, after some real time. */
export const later = (milliseconds: number, { send }: Reply): Reply => ({
  send: (response, socket) => {
    setTimeout(() => send(response, socket), milliseconds).unref()
  }
})

export interface Vendor {
  readonly url: string
  /** Everything that was received, oldest first. */
  readonly received: ReadonlyArray<Received>
  /** What an operation received. */
  readonly of: (operation: Operation.Name) => ReadonlyArray<Received>
  /** Connections that were ever opened. */
  readonly connections: () => number
  /** Connections that are open now. */
  readonly open: () => number
  /** Answers that were cut off from the other side. */
  readonly cutOff: () => number
}

const names = new Map<string, Operation.Name>(Operation.all.map(({ name, path }) => [path, name]))

const chosen = async (script: Script, received: Received, nth: number): Promise<Reply> =>
  typeof script === "function"
    ? script(received, nth)
    : "send" in script
      ? script
      : (script[Math.min(nth, script.length - 1)] ?? script[0])

/** The tokens that the stub's logins give: `token-1`, `token-2` and so on. */
export const tokenOf = (nth: number) => `token-number-${nth}`

/**
 * A server on a free loopback port that answers each operation as planned: always the same, or a list whose last reply
 * stays. Logins succeed, and customers have no cards, unless planned otherwise.
 */
export const vendor = (plan: Partial<Record<Operation.Name | "anything", Script>> = {}) =>
  Effect.acquireRelease(
    Effect.async<Vendor & { readonly close: () => void }>((resume) => {
      const received: Array<Received> = []
      const counts = new Map<string, number>()
      const sockets = new Set<Socket>()
      let connections = 0
      let cutOff = 0
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("error", () => {})
        response.on("error", () => {})
        response.on("close", () => {
          cutOff += response.writableFinished ? 0 : 1
        })
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const url = request.url ?? ""
          const body = Buffer.concat(chunks).toString("utf8")
          const one: Received = {
            operation: names.get(url) ?? url,
            method: request.method ?? "",
            url,
            headers: request.headers,
            body,
            message: JSON.parse(body === "" ? "{}" : body)
          }
          const nth = counts.get(one.operation) ?? 0
          counts.set(one.operation, nth + 1)
          received.push(one)
          const name = names.get(url)
          const script =
            (name === undefined ? undefined : plan[name]) ??
            (name === "login"
              ? ok({ token: tokenOf(nth + 1) })
              : (plan.anything ?? (name === "listCustomerCards" ? ok([]) : status(404))))
          void chosen(script, one, nth).then(({ send }) => send(response, request.socket))
        })
      })
      server.on("connection", (socket) => {
        connections += 1
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            url: `http://127.0.0.1:${port}`,
            received,
            of: (operation) => received.filter((one) => one.operation === operation),
            connections: () => connections,
            open: () => sockets.size,
            cutOff: () => cutOff,
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
