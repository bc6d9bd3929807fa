import { defaultLimits } from "@effect-yunmo/signing/RawMessage"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Binding } from "../Receiver.js"
import { textHeaders } from "./answers.js"

/** What every adapter says alike, whatever its server. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Why there are no bytes to verify. */
export type BodyProblem = "TooLarge" | "AlreadyRead" | "TimedOut" | "Aborted"

/** What the adapters' options have in common. */
export interface Options {
  readonly path?: string | false | undefined
  readonly merchantNo?: string | undefined
  readonly merchantPaths?: Readonly<Record<string, string>> | undefined
  readonly healthPath?: string | false | undefined
  readonly maxBytes?: number | undefined
  readonly bodyTimeout?: Duration.DurationInput | undefined
  readonly drainTimeout?: Duration.DurationInput | undefined
}

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body,
  headers: { ...textHeaders, ...headers }
})

const alreadyReadSentence =
  "The body was parsed before its signature was verified, so the bytes that were signed are gone: put this in front of the body parser (in Express before express.json(), in Fastify behind a content type parser that leaves the body alone), or keep the raw bytes on this route (in Express with express.raw({ type: () => true }))."

export const replies = {
  stopping: text(503, "Stopping; send it again.", { "Retry-After": "5", Connection: "close" }),
  broken: text(503, "Something went wrong here; send it again.", { "Retry-After": "5" }),
  health: {
    status: 200,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    body: `{"status":"ok"}`
  },
  notFound: text(404, "There is nothing at this path."),
  onlyPost: text(405, "Only POST is answered here.", { Allow: "POST" }),
  onlyGet: text(405, "Only GET is answered here.", { Allow: "GET, HEAD" }),
  compressed: text(415, "Compressed bodies are not read.", { "Accept-Encoding": "identity" })
} as const satisfies Record<string, Reply>

export const problems: Readonly<Record<BodyProblem, Reply>> = {
  TooLarge: text(413, "The body is too large."),
  TimedOut: text(408, "The body did not arrive in time."),
  AlreadyRead: text(500, alreadyReadSentence),
  // Nobody is there to read it; some servers want an answer all the same.
  Aborted: text(400, "The body ended before it was complete.")
}

/** What the operator is told: of a mistake in the program, and not of what anybody may send. */
export const logProblem = (problem: BodyProblem): Effect.Effect<void> =>
  problem === "AlreadyRead"
    ? Effect.logError(alreadyReadSentence)
    : problem === "Aborted"
      ? Effect.logDebug("A client went away before its message was complete.")
      : Effect.void

/** What to do with a request, told by its head alone: answer at once, or read its body. */
export type Verdict =
  | { readonly _tag: "Reply"; readonly reply: Reply }
  | { readonly _tag: "Receive"; readonly binding: Binding | undefined }

const reply = (reply: Reply): Verdict => ({ _tag: "Reply", reply })
const decided = {
  notFound: reply(replies.notFound),
  onlyPost: reply(replies.onlyPost),
  onlyGet: reply(replies.onlyGet),
  compressed: reply(replies.compressed),
  health: reply(replies.health)
}

export const maxBytesOf = (options: Options): number => options.maxBytes ?? defaultLimits.maxBytes

/** The path of a request target, without its query. */
export const pathnameOf = (target: string): string => {
  const end = target.indexOf("?")
  return end === -1 ? target : target.slice(0, end)
}

/** What was signed are the plain bytes, and a small compressed body can be a large one. */
const isCompressed = (encoding: string | undefined | null): boolean =>
  typeof encoding === "string" && encoding.trim() !== "" && encoding.trim().toLowerCase() !== "identity"

export const routes = (
  options: Options
): ((method: string, pathname: string, encoding: string | undefined | null) => Verdict) => {
  const { healthPath, path } = options
  const bound = new Map(
    Object.entries(options.merchantPaths ?? {}).map(([at, merchantNo]): [string, Verdict] => [
      at,
      { _tag: "Receive", binding: { merchantNo } }
    ])
  )
  const { merchantNo } = options
  const plain: Verdict = {
    _tag: "Receive",
    binding: merchantNo === undefined ? undefined : { merchantNo }
  }
  return (method, pathname, encoding) => {
    if (pathname === healthPath) {
      return method === "GET" || method === "HEAD" ? decided.health : decided.onlyGet
    }
    const verdict =
      bound.get(pathname) ?? (path === undefined || path === false || pathname === path ? plain : undefined)
    if (verdict === undefined) {
      return decided.notFound
    }
    if (method !== "POST") {
      return decided.onlyPost
    }
    return isCompressed(encoding) ? decided.compressed : verdict
  }
}
