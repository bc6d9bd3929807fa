import { generateKeyPairSync } from "node:crypto"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Codec from "@effect-yunmo/schema/Codec"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Control from "../../src/Control.js"
import * as Fault from "../../src/Fault.js"
import * as CallLog from "../../src/internal/callLog.js"
import * as CardKey from "../../src/internal/cardKey.js"
import * as Caretaker from "../../src/internal/caretaker.js"
import * as Engine from "../../src/internal/engine.js"
import * as Faults from "../../src/internal/faults.js"
import * as Kyc from "../../src/internal/kyc.js"
import * as Nonces from "../../src/internal/nonces.js"
import * as Orders from "../../src/internal/orders.js"
import * as PhysicalCards from "../../src/internal/physicalCards.js"
import * as Purchases from "../../src/internal/purchases.js"
import type { Wrong } from "../../src/internal/refusal.js"
import * as Store from "../../src/internal/store.js"
import * as ThreeDs from "../../src/internal/threeDs.js"
import * as VendorApi from "../../src/internal/vendorApi.js"
import type { Step } from "../../src/internal/world.js"
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
    const engine = yield* Engine.make(
      {
        ...Sandbox.development,
        merchants: merchants.map((merchant) => ({ ...merchant, callbackUrl: "http://localhost:9/" })),
        seed,
        clock: { frozen: true, startAt: "2026-03-01T09:30:00Z" },
        rules: { kycReviewAfterSeconds: 0 },
        resend: ["1 second", "5 seconds", "1 minute"]
      },
      () => Effect.succeed(Store.none)
    )
    const { command, courier, merchantOf, move, world } = engine
    for (const { merchantNo } of merchants) world.cardKeys.set(merchantNo, yield* cardKeys)
    const nonces = Nonces.make()
    const log = CallLog.make()
    const caretaker = yield* Caretaker.make(engine, { nonces, log })
    const reply = VendorApi.make({ engine, nonces, log, cardKeys: CardKey.makeStore(world.cardKeys) })

    /** What the control surface does with a body: refuses what does not fit, and then the move. */
    const taking =
      <A, I, B, E>(schema: Schema.Schema<A, I>, run: (input: A) => Effect.Effect<B, E>) =>
      (body: Codec.JsonObject): Effect.Effect<unknown> =>
        Schema.decodeUnknown(schema)(body).pipe(Effect.flatMap(run), Effect.merge)
    const moving = <A, I, B>(
      schema: Schema.Schema<A, I>,
      run: (step: Step, input: A) => Either.Either<B, Wrong>
    ) => taking(schema, (input) => move((step) => run(step, input)))

    const moves: Readonly<Record<string, (body: Codec.JsonObject) => Effect.Effect<unknown>>> = {
      "/authorizations": moving(Control.Purchase, Purchases.authorize),
      "/additional-authorizations": moving(Control.AdditionalAuthorization, Purchases.authorizeMore),
      "/settlements": moving(Control.Settlement, Purchases.settle),
      "/cancellations": moving(Control.Cancellation, (step, { orderNo }) => Purchases.cancel(step, orderNo)),
      "/refunds": moving(Control.Refund, Purchases.refund),
      "/transactions": moving(Control.Purchase, Purchases.transact),
      "/three-ds-requests": moving(Control.ThreeDsRequest, (step, { expiresInSeconds = 300, ...input }) =>
        ThreeDs.request(step, { ...input, expiresIn: expiresInSeconds * 1000 })
      ),
      "/order-results": moving(Control.FinishOrder, (step, { merchantNo, merchantOrderNo, result }) =>
        Either.flatMap(merchantOf(merchantNo), (merchant) =>
          Orders.finish(step, merchant.merchantNo, merchantOrderNo, result)
        )
      ),
      "/kyc-reviews": moving(Control.ReviewKyc, (step, { customerId, remark, result }) =>
        Kyc.review(step, customerId, result, remark)
      ),
      "/liveness-results": moving(Control.FinishLiveness, (step, { customerId, result }) =>
        Kyc.finishLiveness(step, customerId, result)
      ),
      "/physical-cards": moving(Control.MakePhysicalCard, (step, { merchantNo }) =>
        Either.map(merchantOf(merchantNo), (merchant) => {
          const made = PhysicalCards.manufacture(step, merchant.merchantNo)
          return Schema.encodeSync(Control.PhysicalCard)(made)
        })
      ),
      "/merchant-states": moving(Control.SetMerchantEnabled, (_, { enabled, merchantNo }) =>
        Either.map(merchantOf(merchantNo), (merchant) => {
          world.merchants.set(merchant.merchantNo, { ...merchant, enabled })
        })
      ),
      "/clock-moves": taking(Control.MoveClock, caretaker.moveClock),
      "/rules": taking(Rules.Changes, (changes) =>
        command(() =>
          Effect.sync(() => {
            world.settings = { ...world.settings, rules: { ...world.settings.rules, ...changes } }
          })
        )
      ),
      "/faults": taking(Fault.Plan, (plan) =>
        command(() =>
          Effect.sync(() => {
            world.settings = { ...world.settings, faults: Faults.begin(plan) }
          })
        )
      )
    }

    const call = (action: Extract<Action, { readonly _tag: "Call" }>) =>
      Effect.gen(function* () {
        const { merchantNo } = merchants[action.by]
        const body = yield* signed(action.data, { token: action.token, envelope: { merchantNo } })
        const answer = yield* reply(action.name, new TextEncoder().encode(body), "127.0.0.1")
        if (answer._tag === "Answered") {
          known.hear(action, answer.answer.code)
          known.learn(action, answer.answer.data)
        }
      }).pipe(Effect.orDie)

    return {
      world,
      caretaker,
      calls: log.report,
      /** Does it, and waits until what it set going is done. */
      act: (action: Action) =>
        Effect.zipRight(
          action._tag === "Call"
            ? call(action)
            : Effect.map((moves[action.path] ?? notThere)(action.body), (answer) =>
                known.learn(action, answer)
              ),
          courier.quiet
        )
    }
  }).pipe(Effect.provide(network(phase)))

export type Subject = Effect.Effect.Success<ReturnType<typeof makeSubject>>
