import { generateKeyPairSync } from "node:crypto"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Codec from "@effect-yunmo/schema/Codec"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Control from "../../src/Control.js"
import * as Fault from "../../src/Fault.js"
import * as Engine from "../../src/internal/engine.js"
import * as Service from "../../src/internal/service.js"
import * as Store from "../../src/internal/store.js"
import * as Rules from "../../src/Rules.js"
import * as Sandbox from "../../src/Sandbox.js"
import { type Action, type Known, merchants } from "./anything.js"
import { signed } from "./vendor.js"

/** A network that answers by what was sent and by the phase it is in: well, ill or not there. */
const network = (phase: () => number) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.gen(function* () {
        const bytes = request.body._tag === "Uint8Array" ? request.body.body : new Uint8Array()
        const sum = bytes.reduce((hash, byte) => (hash * 31 + byte) >>> 0, phase())
        if (sum % 5 === 0) {
          return yield* new HttpClientError.RequestError({
            request,
            reason: "Transport",
            description: "gone"
          })
        }
        const [status, text] = sum % 5 === 1 ? [500, "no"] : [200, "OK"]
        return HttpClientResponse.fromWeb(request, new Response(String(text), { status: Number(status) }))
      })
    )
  )

/** Keys take longer to make than all else that a merchant does, so there is one pair for everybody. */
const cardKeys = Effect.runSync(
  Effect.cached(
    Effect.sync(() => {
      const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
      return {
        publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
        privateKey: Redacted.make(privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"))
      }
    })
  )
)

const notThere = () => Effect.dieMessage("there is no such move")

/**
 * A sandbox whose inside can be looked at: the engine and everything on it as `Sandbox` puts them together, and each action done
 * to it as if it came over the wire.
 */
export const makeSubject = (seed: number, known: Known, phase: () => number) =>
  Effect.gen(function* () {
    const options: Sandbox.Options = {
      ...Sandbox.development,
      merchants: merchants.map((merchant) => ({ ...merchant, callbackUrl: "http://localhost:9/" })),
      seed,
      clock: { frozen: true, startAt: "2026-03-01T09:30:00Z" },
      rules: { kycReviewAfterSeconds: 0 },
      resend: ["1 second", "5 seconds", "1 minute"]
    }
    const engine = yield* Engine.make(options, () => Effect.succeed(Store.none))
    const { world } = engine
    for (const { merchantNo } of merchants) world.cardKeys.set(merchantNo, yield* cardKeys)
    const service = yield* Service.make(engine, options)

    /** What the control surface does with a body: refuses what does not fit, and then the move. */
    const taking =
      <A, I, B, E>(schema: Schema.Schema<A, I>, run: (input: A) => Effect.Effect<B, E>) =>
      (body: Codec.JsonObject): Effect.Effect<unknown> =>
        Schema.decodeUnknown(schema)(body).pipe(Effect.flatMap(run), Effect.merge)

    const moves: Readonly<Record<string, (body: Codec.JsonObject) => Effect.Effect<unknown>>> = {
      "/authorizations": taking(Control.Purchase, service.authorize),
      "/additional-authorizations": taking(Control.AdditionalAuthorization, service.additionalAuthorize),
      "/settlements": taking(Control.Settlement, service.settle),
      "/cancellations": taking(Control.Cancellation, service.cancel),
      "/refunds": taking(Control.Refund, service.refund),
      "/transactions": taking(Control.Purchase, service.transaction),
      "/three-ds-requests": taking(Control.ThreeDsRequest, service.requestThreeDs),
      "/order-results": taking(Control.FinishOrder, service.finishOrder),
      "/kyc-reviews": taking(Control.ReviewKyc, service.reviewKyc),
      "/liveness-results": taking(Control.FinishLiveness, service.finishLiveness),
      "/physical-cards": taking(Control.MakePhysicalCard, (input) =>
        Effect.flatMap(service.makePhysicalCard(input), Schema.encode(Control.PhysicalCard))
      ),
      "/merchant-states": taking(Control.SetMerchantEnabled, service.setMerchantEnabled),
      "/clock-moves": taking(Control.MoveClock, service.moveClock),
      "/rules": taking(Rules.Changes, service.setRules),
      "/faults": taking(Fault.Plan, service.setFaults)
    }

    const call = (action: Extract<Action, { readonly _tag: "Call" }>) =>
      Effect.gen(function* () {
        const { merchantNo } = merchants[action.by]
        const body = yield* signed(action.data, { token: action.token, envelope: { merchantNo } })
        const answer = yield* service.reply(action.name, new TextEncoder().encode(body), "127.0.0.1")
        if (answer._tag === "Answered") {
          known.hear(action, answer.answer.code)
          known.learn(action, answer.answer.data)
        }
      }).pipe(Effect.orDie)

    return {
      world,
      service,
      /** Does it, and waits until what it set going is done. */
      act: (action: Action) =>
        Effect.zipRight(
          action._tag === "Call"
            ? call(action)
            : Effect.map((moves[action.path] ?? notThere)(action.body), (answer) =>
                known.learn(action, answer)
              ),
          service.quiet
        )
    }
  }).pipe(Effect.provide(network(phase)))

export type Subject = Effect.Effect.Success<ReturnType<typeof makeSubject>>
