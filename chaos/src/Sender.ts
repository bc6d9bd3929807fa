/** One delivery over HTTP, as it is or with the connection cut by the client, and all that can come of it. */
import { Agent, request } from "node:http"
import * as Effect from "effect/Effect"

export type Answer =
  | {
      readonly _tag: "Answered"
      readonly status: number
      readonly body: string
      readonly retryAfter: string | undefined
      readonly milliseconds: number
    }
  /** The answer began and did not end: neither the vendor nor anybody else could say what it meant. */
  | { readonly _tag: "HalfAnswered"; readonly milliseconds: number }
  /** Not a byte came back: refused, reset, or nothing within 15 seconds. */
  | { readonly _tag: "Unanswered"; readonly code: string }
  /** Cut by the client, in the middle of the body or right behind it. */
  | { readonly _tag: "Cut" }

/** Where the client cuts the connection. */
export type Cut = "never" | "inBody" | "afterBody"

export const isOk = (answer: Answer): boolean =>
  answer._tag === "Answered" && answer.status === 200 && answer.body === "OK"

export interface Sender {
  readonly send: (url: string, body: Buffer, cut?: Cut) => Effect.Effect<Answer>
  /** Requests that were sent in whole or part and have no answer yet. */
  readonly underWay: () => number
}

const patience = 15_000

/** Connections are kept alive, as many as there are deliveries at once. */
export const make = Effect.acquireRelease(
  Effect.sync(() => new Agent({ keepAlive: true })),
  (agent) => Effect.sync(() => agent.destroy())
).pipe(
  Effect.map((agent): Sender => {
    let underWay = 0
    const send = (url: string, body: Buffer, cut: Cut = "never") =>
      Effect.async<Answer>((resume) => {
        const begun = performance.now()
        const elapsed = () => performance.now() - begun
        let settled = false
        let receivedBefore = 0
        underWay += 1
        const settle = (answer: Answer) => {
          if (!settled) {
            settled = true
            underWay -= 1
            clearTimeout(timer)
            resume(Effect.succeed(answer))
          }
        }
        const outgoing = request(url, {
          method: "POST",
          agent,
          headers: { "Content-Type": "application/json", "Content-Length": body.byteLength }
        })
        const timer = setTimeout(() => broken("timeout"), patience)
        const broken = (code: string) => {
          const received = (outgoing.socket?.bytesRead ?? 0) > receivedBefore
          settle(received ? { _tag: "HalfAnswered", milliseconds: elapsed() } : { _tag: "Unanswered", code })
          outgoing.destroy()
        }
        const cutNow = () => {
          settle({ _tag: "Cut" })
          outgoing.destroy()
        }
        outgoing.on("socket", (socket) => {
          receivedBefore = socket.bytesRead
        })
        outgoing.on("error", (error: NodeJS.ErrnoException) => broken(error.code ?? error.message))
        outgoing.on("response", (incoming) => {
          let text = ""
          incoming.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk
          })
          incoming.on("error", () => broken("aborted"))
          incoming.on("close", () => {
            if (!incoming.complete) {
              broken("aborted")
            }
          })
          incoming.on("end", () => {
            if (incoming.complete) {
              settle({
                _tag: "Answered",
                status: incoming.statusCode ?? 0,
                body: text,
                retryAfter: incoming.headers["retry-after"],
                milliseconds: elapsed()
              })
            }
          })
        })
        if (cut === "inBody") {
          outgoing.write(body.subarray(0, Math.floor(body.byteLength / 2)), cutNow)
        } else if (cut === "afterBody") {
          outgoing.end(body, cutNow)
        } else {
          outgoing.end(body)
        }
        return Effect.sync(() => {
          settle({ _tag: "Cut" })
          outgoing.destroy()
        })
      })
    return { send, underWay: () => underWay }
  })
)
