import type * as HttpServer from "@effect/platform/HttpServer"
import { assert } from "@effect/vitest"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Sandbox from "../../src/Sandbox.js"
import { post } from "./http.js"
import { Caller, merchant, overHttp, type Request, signed } from "./vendor.js"

/** What came back over HTTP, as it stands there. */
export type Answer = Effect.Effect.Success<ReturnType<typeof post>>

const Json: Schema.Schema<Codec.JsonValue> = Schema.suspend(() =>
  Schema.Union(
    Schema.Null,
    Schema.String,
    Schema.Number,
    Schema.Boolean,
    Schema.Array(Json),
    Schema.Record({ key: Schema.String, value: Json })
  )
)

/** Unknown data, known to be JSON. */
export const json = Schema.decodeUnknownSync(Json)

/** The fields of an object of unknown content. */
export const fieldsOf = Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** The identity that 3.1 takes, beside whose it is. */
export const identity = {
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1990-12-10",
  nationality: "PH",
  idType: "PASSPORT",
  idNumber: "P0000001",
  idFrontPhoto: "/9j/4AAQSkZJRg=="
}

/** A field of an answer's data that is text. */
export const textIn = (data: unknown, field: string): string => {
  const value = fieldsOf(data)[field]
  assert(typeof value === "string", `${field} is text`)
  return value
}

/** A merchant's program that knows nothing but the paths and the signature: JSON in, JSON out, over HTTP. */
export class Api extends Context.Tag("test/Api")<Api, Effect.Effect.Success<typeof open>>() {
  static readonly layer = Layer.suspend(() => Layer.effect(Api, open))
}

const open = Effect.gen(function* () {
  const { paths } = yield* Contract.Contract
  const context = yield* Effect.context<HttpServer.HttpServer>()
  let token = ""
  const send = (name: Operation.Name, data: Codec.JsonObject, request?: Request): Effect.Effect<Answer> =>
    Effect.suspend(() => signed(data, { token, ...request })).pipe(
      Effect.flatMap((body) => post(paths[name].path, body)),
      Effect.provide(context),
      Effect.orDie
    )
  const login = Effect.tap(send("login", { apiKey: Redacted.value(merchant.apiKey) }), (answer) =>
    Effect.sync(() => {
      token = answer.code === "200" ? textIn(answer.data, "token") : ""
    })
  )
  yield* login
  return {
    send,
    /** Logs in, and uses the new token from then on. */
    login,
    token: () => token,
    code: (name: Operation.Name, data: Codec.JsonObject, request?: Request): Effect.Effect<string> =>
      Effect.map(send(name, data, request), ({ code }) => code),
    /** The data of a call that has to succeed. */
    data: (name: Operation.Name, data: Codec.JsonObject): Effect.Effect<unknown> =>
      Effect.map(send(name, data), (answer) => {
        assert.deepStrictEqual([answer.status, answer.code, answer.msg], [200, "200", "success"], name)
        return answer.data
      })
  }
})

/** A {@link Caller} whose calls go over HTTP. */
const callerOverHttp = Effect.gen(function* () {
  const contract = yield* Contract.Contract
  const { send, token } = yield* Api
  const answer = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
    Effect.flatMap(Effect.orDie(Codec.encodeRequest(contract, name, input)), (data) => send(name, data))
  return {
    token: token(),
    code: <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
      Effect.map(answer(name, input), ({ code }) => code),
    call: <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
      Effect.gen(function* () {
        const { code, data, msg } = yield* answer(name, input)
        assert.strictEqual(code, "200", `${name}: ${msg}`)
        return yield* Codec.decodeResponse(contract, name, json(data))
      }).pipe(Effect.orDie)
  }
})

/** The sandbox on a free loopback port, with a merchant logged in. */
export const withApi = (options?: Partial<Sandbox.Options>) =>
  Layer.effect(Caller, callerOverHttp).pipe(
    Layer.provideMerge(Api.layer),
    Layer.provideMerge(overHttp(options))
  )
