import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Dto from "@effect-yunmo/schema/Dto"
import * as Operation from "@effect-yunmo/schema/Operation"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type { Answer, Call, Envelope, RecordedService, Recording } from "../Recorded.js"
import { parseUrl } from "./url.js"

export interface Setting {
  readonly contract: Contract.ContractService
  readonly recording: Recording
  readonly merchantNo: string
  readonly secretKey: Redacted.Redacted<string>
}

export interface Player extends RecordedService {
  readonly http: HttpClient.HttpClient
}

const names = Operation.all.map(({ name }) => name)

const isEnvelope = (answer: Answer): answer is Envelope => answer !== "lost" && "code" in answer

/** What no answer could hold; paths name where it stands in the recording. */
export const problemsOf = (contract: Contract.ContractService, recording: Recording) =>
  Effect.map(
    Effect.forEach(names, (name) =>
      Effect.forEach(recording[name] ?? [], (answer, index) =>
        isEnvelope(answer) && answer.code === contract.successCode
          ? Effect.match(Codec.decodeResponse(contract, name, answer.data ?? null), {
              onSuccess: () => [],
              onFailure: ({ problems }) =>
                problems.map(({ path, problem }) => ({
                  path: `${name}[${index}].data${path === "" || path.startsWith("[") ? path : `.${path}`}`,
                  problem
                }))
            })
          : Effect.succeed([])
      )
    ),
    (problems) => problems.flat(2)
  )

/** The operation of the longest path in which this one ends: a base URL may have a path of its own. */
export const operationOf = (contract: Contract.ContractService, path: string): Operation.Name | undefined =>
  names
    .filter((name) => path.endsWith(contract.paths[name].path))
    .toSorted((a, b) => contract.paths[b].path.length - contract.paths[a].path.length)[0]

/** What a login gives for which nothing is recorded. */
const token = Redacted.make("recorded-token")

const nth = (count: number): string =>
  `${count}${count % 100 > 10 && count % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th")}`

interface State {
  readonly calls: ReadonlyArray<Call>
  readonly counts: Readonly<Partial<Record<Operation.Name, number>>>
  readonly nonces: ReadonlySet<string>
  readonly tokens: ReadonlySet<string>
}

/** `refuse` ends the program under test. */
export const play = (
  { contract, merchantNo, recording, secretKey }: Setting,
  refuse: (operation: string, problem: string) => Effect.Effect<never>
): Effect.Effect<Player> =>
  Effect.gen(function* () {
    const keys = [SigningKey.make("recorded", secretKey)]
    const state = yield* Ref.make<State>({
      calls: [],
      counts: {},
      nonces: new Set(),
      tokens: new Set()
    })

    const loggedIn = yield* Effect.orDie(
      Effect.map(
        Codec.encodeResponse(contract, "login", { token, unknownFields: Dto.noUnknownFields }),
        (data): Answer => ({ code: contract.successCode, data })
      )
    )

    /** The input of a request that is signed, addressed and filled as the vendor asks. */
    const received = (name: Operation.Name, request: HttpClientRequest.HttpClientRequest) =>
      Effect.gen(function* () {
        const wrong = (problem: string) => refuse(name, problem)
        if (request.method !== "POST" || request.body._tag !== "Uint8Array") {
          return yield* wrong("it was not sent as a POST with a JSON text")
        }
        const nested = contract.signature.nested
        const verified = Verifier.verifyWith(keys, request.body.body, {
          exempt: Contract.exemptOf(contract, name),
          nested: nested === "refuse" ? [] : [nested],
          limits: { maxBytes: Infinity, maxKeys: Infinity }
        })
        if (Either.isLeft(verified)) {
          return yield* wrong(`its signature does not hold (${verified.left.message})`)
        }
        const message: JsonObject = verified.right.message.value
        const { calls, nonces, tokens } = yield* Ref.get(state)
        const expected = { merchantNo, version: contract.version }
        for (const [field, value] of Object.entries(expected)) {
          if (message[field] !== value) {
            return yield* wrong(`its ${field} is not ${value}`)
          }
        }
        const { data = null, nonce, token: sent } = message
        if (typeof nonce !== "string" || !/^[A-Za-z0-9]{16}$/.test(nonce) || nonces.has(nonce)) {
          return yield* wrong("its nonce is not 16 letters and digits that no call had before")
        }
        if (name === "login" ? sent !== "" : typeof sent !== "string" || !tokens.has(sent)) {
          return yield* wrong(
            name === "login" ? "a login is sent with an empty token" : "its token is none that a login gave"
          )
        }
        const input = yield* Effect.catchAll(Codec.decodeRequest(contract, name, data), ({ message }) =>
          wrong(message)
        )
        yield* Ref.update(state, (current) => ({
          ...current,
          // TypeScript does not see that this name and this input go together.
          calls: [...calls, { operation: name, input } as Call],
          nonces: new Set([...nonces, nonce])
        }))
      })

    const next = (name: Operation.Name): Effect.Effect<Answer> =>
      Effect.gen(function* () {
        const answers = recording[name] ?? []
        const count = yield* Ref.modify(state, ({ counts, ...rest }) => {
          const before = counts[name] ?? 0
          return [before, { ...rest, counts: { ...counts, [name]: before + 1 } }]
        })
        const answer = answers[count]
        return (
          answer ??
          (name === "login" && answers.length === 0
            ? loggedIn
            : yield* refuse(name, `this is the ${nth(count + 1)} call, and it holds ${answers.length}`))
        )
      })

    /** Remembers what a login gives: that is what the next call is sent with. */
    const handOut = (answer: Answer) =>
      isEnvelope(answer) && answer.code === contract.successCode
        ? Codec.decodeResponse(contract, "login", answer.data ?? null).pipe(
            Effect.flatMap((given) =>
              Ref.update(state, (current) => ({
                ...current,
                tokens: new Set([...current.tokens, Redacted.value(given.token)])
              }))
            ),
            Effect.orDie
          )
        : Effect.void

    const http = HttpClient.make((request) =>
      Effect.gen(function* () {
        const path = parseUrl(request.url)?.pathname ?? request.url
        const name = operationOf(contract, path)
        if (name === undefined) {
          return yield* refuse(path, "no operation of the contract has this path")
        }
        yield* received(name, request)
        const answer = yield* next(name)
        if (answer === "lost") {
          return yield* new HttpClientError.RequestError({
            request,
            reason: "Transport",
            description: "the answer is lost"
          })
        }
        if (!isEnvelope(answer)) {
          return HttpClientResponse.fromWeb(request, new Response(null, { status: answer.status }))
        }
        yield* name === "login" ? handOut(answer) : Effect.void
        const headers = { "content-type": "application/json" }
        return HttpClientResponse.fromWeb(request, new Response(JSON.stringify(answer), { headers }))
      })
    )

    return {
      http,
      calls: Effect.map(Ref.get(state), ({ calls }) => calls),
      left: Effect.map(Ref.get(state), ({ counts }) => {
        const rest = names.map((name) => [name, recording[name]?.slice(counts[name] ?? 0) ?? []] as const)
        return Object.fromEntries(rest.filter(([, answers]) => answers.length > 0))
      })
    }
  })
