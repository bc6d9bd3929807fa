import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type { Reply } from "./exchange.js"

const encoder = new TextEncoder()

/** Answers at once, unless that was done already or nobody is there. */
export const send = (response: ServerResponse, { body, headers, status }: Reply): void => {
  if (!response.headersSent && !response.destroyed) {
    // A text goes out together with the headers; bytes would be a second buffer, which costs more than all of this.
    response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) }).end(body)
  }
}

/** Answers a request whose body was read to its end, or has none. */
export const reply = (response: ServerResponse, answer: Reply): Effect.Effect<void> =>
  Effect.sync(() => send(response, answer))

/** How long a client may go on sending what nobody reads, so that it gets to read the answer. */
export const linger = "500 millis"

/**
 * Answers a request whose body will not be read, and closes the connection. Closed at once, the bytes still under way would
 * reset it, and the client would see that in place of the answer: so the whole answer goes out first, and what comes in is
 * thrown away for a moment.
 */
export const replyAndClose = (
  request: IncomingMessage,
  response: ServerResponse,
  { body, headers, status }: Reply
): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (response.headersSent || response.destroyed) {
      return
    }
    const bytes = encoder.encode(body)
    response
      .writeHead(status, { ...headers, "Content-Length": bytes.byteLength, Connection: "close" })
      .write(bytes)
    yield* ended(request).pipe(Effect.timeoutOption(linger))
    response.end()
    yield* Effect.sync(() => request.destroy()).pipe(Effect.unless(() => request.complete))
  })

/** Beyond this nobody is waited for: who sends so much is not waiting for an answer either. */
const mostThrownAway = 1024 * 1024

/** Throws a body away until it ends, or has gone on for too long. */
export const ended = (request: IncomingMessage): Effect.Effect<void> =>
  Effect.async((resume) => {
    let length = 0
    const detach = () => {
      request.off("data", onData).off("end", done).off("close", done)
    }
    const done = () => {
      detach()
      resume(Effect.void)
    }
    const onData = (data: Uint8Array | string) => {
      length += data.length
      if (length > mostThrownAway) {
        request.pause()
        done()
      }
    }
    if (request.complete || request.destroyed) {
      return done()
    }
    request.on("data", onData).on("end", done).on("close", done).resume()
    return Effect.sync(detach)
  })
