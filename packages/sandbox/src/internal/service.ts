import type * as Ids from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Control from "../Control.js"
import type * as Fault from "../Fault.js"
import type * as Rules from "../Rules.js"
import type { Options, SandboxService } from "../Sandbox.js"
import * as Callback from "./callback.js"
import * as CallLog from "./callLog.js"
import * as CardKey from "./cardKey.js"
import * as Caretaker from "./caretaker.js"
import * as Credential from "./credential.js"
import type { Engine } from "./engine.js"
import * as Faults from "./faults.js"
import * as Fit from "./fit.js"
import * as Kyc from "./kyc.js"
import * as Nonces from "./nonces.js"
import * as Orders from "./orders.js"
import * as PhysicalCards from "./physicalCards.js"
import * as Purchases from "./purchases.js"
import { missing, wrong } from "./refusal.js"
import * as ThreeDs from "./threeDs.js"
import * as VendorApi from "./vendorApi.js"
import * as Views from "./views.js"
import type * as World from "./world.js"

/** What the `Sandbox` offers, each by the engine's means. */
export const make = (engine: Engine, options: Options): Effect.Effect<SandboxService> =>
  Effect.gen(function* () {
    const { command, courier, merchantOf, move, world } = engine
    const cardKeys = CardKey.makeStore(world.cardKeys)
    const nonces = Nonces.make()
    const log = CallLog.make()
    const caretaker = yield* Caretaker.make(engine, { nonces, log })
    const shop = (run: Parameters<typeof move<World.Transaction>>[0]) => Effect.map(move(run), shopAnswer)
    const report = Effect.sync(() => Faults.report(world.settings.faults))
    return {
      reply: Effect.fn("Sandbox.reply")(VendorApi.make({ engine, nonces, log, cardKeys })),
      admits: yield* Credential.make(options.control),
      allowsRemoteControl: options.allowRemoteControl ?? false,

      setCallback: Effect.fn("Sandbox.setCallback")(function* ({ merchantNo, url }: Control.SetCallback) {
        const merchant = yield* move(() =>
          Either.gen(function* () {
            const merchant = yield* merchantOf(merchantNo)
            const callbackUrl = yield* Callback.check(url, options.allowRemoteCallbacks ?? false)
            world.merchants.set(merchant.merchantNo, { ...merchant, callbackUrl })
            return merchant
          })
        )
        yield* engine.wake(merchant.merchantNo)
      }, Effect.uninterruptible),
      setMerchantEnabled: Effect.fn("Sandbox.setMerchantEnabled")((input: Control.SetMerchantEnabled) =>
        move(() =>
          Either.map(merchantOf(input.merchantNo), (merchant) => {
            world.merchants.set(merchant.merchantNo, { ...merchant, enabled: input.enabled })
          })
        )
      ),
      reviewKyc: Effect.fn("Sandbox.reviewKyc")((input: Control.ReviewKyc) =>
        move((step) => Kyc.review(step, input.customerId, input.result, input.remark))
      ),
      finishLiveness: Effect.fn("Sandbox.finishLiveness")((input: Control.FinishLiveness) =>
        move((step) => Kyc.finishLiveness(step, input.customerId, input.result))
      ),
      makePhysicalCard: Effect.fn("Sandbox.makePhysicalCard")((input: Control.MakePhysicalCard = {}) =>
        move((step) =>
          Either.map(merchantOf(input.merchantNo), ({ merchantNo }) =>
            PhysicalCards.manufacture(step, merchantNo)
          )
        )
      ),
      authorize: Effect.fn("Sandbox.authorize")((input: Control.Purchase) =>
        shop((step) => Purchases.authorize(step, input))
      ),
      additionalAuthorize: Effect.fn("Sandbox.additionalAuthorize")(
        (input: Control.AdditionalAuthorization) => shop((step) => Purchases.authorizeMore(step, input))
      ),
      settle: Effect.fn("Sandbox.settle")((input: Control.Settlement) =>
        shop((step) => Purchases.settle(step, input))
      ),
      cancel: Effect.fn("Sandbox.cancel")((input: Control.Cancellation) =>
        shop((step) => Purchases.cancel(step, input.orderNo))
      ),
      refund: Effect.fn("Sandbox.refund")((input: Control.Refund) =>
        shop((step) => Purchases.refund(step, input))
      ),
      transaction: Effect.fn("Sandbox.transaction")((input: Control.Purchase) =>
        shop((step) => Purchases.transact(step, input))
      ),
      requestThreeDs: Effect.fn("Sandbox.requestThreeDs")(
        ({ expiresInSeconds = 300, ...input }: Control.ThreeDsRequest) =>
          Effect.map(
            move((step) =>
              ThreeDs.request(step, { ...input, expiresIn: Math.round(expiresInSeconds * 1000) })
            ),
            ({ authId, expiresAt }) => ({ authId, expiresAt })
          )
      ),
      finishOrder: Effect.fn("Sandbox.finishOrder")((input: Control.FinishOrder) =>
        move((step) =>
          Either.flatMap(merchantOf(input.merchantNo), ({ merchantNo }) =>
            Orders.finish(step, merchantNo, input.merchantOrderNo, input.result)
          )
        )
      ),

      setRules: Effect.fn("Sandbox.setRules")((changes: Rules.Changes) =>
        command(() =>
          Effect.sync(() => {
            const rules = { ...world.settings.rules, ...changes }
            world.settings = { ...world.settings, rules }
            return rules
          })
        )
      ),
      rules: Effect.sync(() => world.settings.rules),
      setFaults: Effect.fn("Sandbox.setFaults")((plan: Fault.Plan) =>
        move(() => {
          const [problem] = Fit.faultProblems(engine.vocabulary.contract, plan)
          if (problem !== undefined) {
            return wrong(`The plan does not fit: ${problem}.`)
          }
          world.settings = { ...world.settings, faults: Faults.begin(plan) }
          return Either.right(Faults.report(world.settings.faults))
        })
      ),
      faults: report,
      moveClock: Effect.fn("Sandbox.moveClock")(caretaker.moveClock),
      clock: caretaker.clock,
      takeSnapshot: Effect.fn("Sandbox.takeSnapshot")(({ name }: Control.SnapshotName) =>
        caretaker.takeSnapshot(name)
      ),
      restoreSnapshot: Effect.fn("Sandbox.restoreSnapshot")(({ name }: Control.SnapshotName) =>
        caretaker.restoreSnapshot(name)
      ),
      snapshots: caretaker.snapshots,
      reset: Effect.withSpan(caretaker.reset, "Sandbox.reset"),
      quiet: courier.quiet,

      state: Effect.withSpan(
        command((step) => Effect.sync(() => Views.state(world, step.now, {}))),
        "Sandbox.state"
      ),
      findState: Effect.fn("Sandbox.findState")((query: Control.StateQuery) =>
        command((step) => Effect.sync(() => Views.state(world, step.now, query)))
      ),
      summary: Effect.withSpan(
        command(() => Effect.map(caretaker.clock, (clock) => Views.summary(world, clock, log.count()))),
        "Sandbox.summary"
      ),
      calls: Effect.sync(log.report),
      ledger: Effect.fn("Sandbox.ledger")((cardId: Ids.CardId) =>
        move(() =>
          world.cards.has(cardId)
            ? Either.right((world.index.ledgerOfCard.get(cardId) ?? []).map(Views.ledgerEntry))
            : Either.left(missing("card", cardId))
        )
      ),
      deliveries: Effect.withSpan(
        Effect.zipLeft(
          Effect.sync(() => Views.deliveries(world, {})),
          engine.kept
        ),
        "Sandbox.deliveries"
      ),
      findDeliveries: Effect.fn("Sandbox.findDeliveries")((query: Control.DeliveriesQuery) =>
        Effect.zipLeft(
          Effect.sync(() => Views.deliveries(world, query)),
          engine.kept
        )
      ),
      cardKey: Effect.fn("Sandbox.cardKey")(function* (merchantNo?: Ids.MerchantNo) {
        const merchant = yield* move(() => merchantOf(merchantNo))
        const { privateKey, publicKey } = yield* command(() => cardKeys(merchant.merchantNo))
        return { publicKey, privateKey }
      })
    }
  })

const shopAnswer = (transaction: World.Transaction): Control.ShopAnswer => ({
  orderNo: transaction.orderNo,
  subOrderNo: transaction.subOrderNo,
  status: transaction.declineReason === undefined ? "succeeded" : "failed",
  declineReason: transaction.declineReason
})
