import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Codec from "@effect-yunmo/schema/Codec"
import type * as Contract from "@effect-yunmo/schema/Contract"
import * as Dto from "@effect-yunmo/schema/Dto"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rec from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type { Answer, Recording } from "../Recorded.js"
import { operationOf } from "./recorded.js"
import { scrub } from "./scrub.js"
import { parseUrl } from "./url.js"

interface Line {
  readonly operation: Operation.Name
  readonly answer: Answer
}

interface Problem {
  readonly operation: string
  readonly problem: string
}

interface State {
  readonly lines: ReadonlyArray<Line>
  readonly problems: ReadonlyArray<Problem>
}

const hidden = Redacted.make("recorded-secret")

/** The same value with another text wherever one is secret, and without what nobody has named. */
const bare = (value: unknown): unknown =>
  Redacted.isRedacted(value)
    ? hidden
    : Array.isArray(value)
      ? value.map(bare)
      : isPlain(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, member]) => [
              key,
              key === "unknownFields" ? Dto.noUnknownFields : bare(member)
            ])
          )
        : value

/** An exact decimal, say, is no object to look into. */
const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

const limits = { maxBytes: Infinity, maxKeys: Infinity }

const objectIn = (bytes: Uint8Array): RawMessage.JsonObject | undefined => {
  const result = RawMessage.read(bytes, limits)
  return result._tag === "Read" ? result.message.value : undefined
}

/** What was secret in the request, so that it can be taken out of what the vendor says. */
const sentWith = (
  contract: Contract.ContractService,
  name: Operation.Name,
  { body }: HttpClientRequest.HttpClientRequest
): Effect.Effect<unknown> => {
  const message = body._tag === "Uint8Array" ? objectIn(body.body) : undefined
  const token = message?.["token"]
  return Codec.decodeRequest(contract, name, message?.["data"] ?? null).pipe(
    Effect.option,
    Effect.map((input) => [
      Option.getOrUndefined(input),
      typeof token === "string" ? Redacted.make(token) : undefined
    ])
  )
}

const answerIn = (
  contract: Contract.ContractService,
  name: Operation.Name,
  request: HttpClientRequest.HttpClientRequest,
  bytes: Uint8Array
): Effect.Effect<Answer, string> =>
  Effect.gen(function* () {
    const envelope = objectIn(bytes)
    if (envelope === undefined) {
      return yield* Effect.fail("was answered with something else than JSON")
    }
    const { code, data = null, msg, timestamp } = envelope
    if (typeof code !== "string" && typeof code !== "number") {
      return yield* Effect.fail("was answered without a code")
    }
    const said = {
      code: String(code),
      msg: typeof msg === "string" ? scrub(msg, yield* sentWith(contract, name, request)) : "",
      ...(typeof timestamp === "number" ? { timestamp } : {})
    }
    if (said.code !== contract.successCode) {
      return { ...said, data: null }
    }
    const decoded = yield* Effect.mapError(
      Codec.decodeResponse(contract, name, data),
      ({ problems }) =>
        `was answered with data of another shape (${problems.map(({ path, problem }) => `${path} ${problem}`.trim()).join(", ")})`
    )
    // Only texts were changed for others, so it is still what the operation answers; the type got lost on the way.
    const encoded = Codec.encodeResponse(contract, name, bare(decoded) as typeof decoded)
    return {
      ...said,
      data: yield* Effect.mapError(encoded, () => "was answered with a secret of another shape")
    }
  })

/** A client that passes everything on, and writes it down. */
export const recordWith = (contract: Contract.ContractService, client: HttpClient.HttpClient) =>
  Effect.gen(function* () {
    const state = yield* Ref.make<State>({ lines: [], problems: [] })
    const problem = (one: Problem) =>
      Ref.update(state, (current) => ({ ...current, problems: [...current.problems, one] }))

    const http = HttpClient.make((request) =>
      Effect.gen(function* () {
        const path = parseUrl(request.url)?.pathname ?? request.url
        const name = operationOf(contract, path)
        if (name === "login") {
          return yield* client.execute(request)
        }
        if (name === undefined) {
          yield* problem({ operation: path, problem: "is no operation of the contract" })
          return yield* client.execute(request)
        }
        // Its place is that of the request, whatever order the answers come in.
        const place = yield* Ref.modify(state, ({ lines, ...rest }) => [
          lines.length,
          { ...rest, lines: [...lines, { operation: name, answer: "lost" as const }] }
        ])
        const write = (answer: Answer) =>
          Ref.update(state, ({ lines, ...rest }) => ({
            ...rest,
            lines: lines.map((line, index) => (index === place ? { operation: name, answer } : line))
          }))
        const response = yield* client.execute(request)
        if (response.status !== 200) {
          yield* write({ status: response.status })
          return response
        }
        const bytes = new Uint8Array(yield* response.arrayBuffer)
        yield* answerIn(contract, name, request, bytes).pipe(
          Effect.matchEffect({
            onFailure: (why) => problem({ operation: name, problem: why }),
            onSuccess: write
          })
        )
        const headers = { "content-type": response.headers["content-type"] ?? "application/json" }
        return HttpClientResponse.fromWeb(request, new Response(bytes, { headers }))
      })
    )

    return {
      http,
      recorded: Effect.map(Ref.get(state), ({ lines, problems }) => ({
        problems,
        recording: Rec.map(
          Arr.groupBy(lines, ({ operation }) => operation),
          (of): Recording[Operation.Name] => of.map(({ answer }) => answer)
        )
      }))
    }
  })
