import * as HttpClient from "@effect/platform/HttpClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Nonce from "@effect-yunmo/signing/Nonce"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as BaseUrl from "../BaseUrl.js"
import { CardJournal } from "../CardJournal.js"
import { RequestInvalid } from "../ClientError.js"
import { OrderJournal } from "../OrderJournal.js"
import * as Policy from "../Policy.js"
import * as TokenStore from "../TokenStore.js"
import type { Options, YunmoService } from "../Yunmo.js"
import * as Call from "./call.js"
import * as Carrier from "./carrier.js"
import * as Creating from "./creating.js"
import type { Settlement } from "./judgement.js"
import * as KeysInUse from "./keys.js"
import * as Limits from "./limits.js"
import * as Money from "./money.js"
import * as RawCall from "./raw.js"
import * as Renewal from "./renewal.js"
import * as Session from "./session.js"
import type { Endpoint } from "./transport.js"

/** All operations of one merchant over one session: each by its safety, money and creations through their journals. */
export const make = (
  options: Options
): Effect.Effect<
  YunmoService,
  BaseUrl.BaseUrlInvalid,
  HttpClient.HttpClient | OrderJournal | CardJournal | Scope.Scope
> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const journal = yield* OrderJournal
    const cardJournal = yield* CardJournal
    const contract = yield* Contract.Contract
    const policy = yield* Policy.Policy
    const { merchantNo } = options
    const keys = yield* KeysInUse.make(options)
    const endpoint: Endpoint = {
      baseUrl: yield* BaseUrl.fromText(options.baseUrl ?? contract.sandboxUrl),
      merchantNo,
      keys,
      contract,
      carrier: Carrier.make(http)
    }
    const session = yield* Session.make({
      renew: Renewal.make({
        store: yield* TokenStore.TokenStore,
        account: { merchantNo, baseUrl: endpoint.baseUrl },
        holder: yield* Nonce.next,
        patience: policy.attemptTimeout,
        logIn: Effect.provideService(Call.logIn(endpoint), Policy.Policy, policy)
      }),
      pause: policy.retryBase
    })
    const caller = Call.make(endpoint, session, yield* Limits.make)
    const request = Call.request(contract)
    const retried = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
      caller.retried(request(name, input))
    const keyed = <N extends Operation.Name>(
      name: N,
      input: Operation.RequestOf<N>,
      settlement: Settlement
    ) => caller.keyed(request(name, input), settlement)
    const money = Money.make(endpoint, caller, journal)
    const creating = Creating.make(endpoint, caller, cardJournal)

    return {
      merchantNo,
      credentials: {
        ...keys.credentials,
        // A login that failed under the old keys may succeed under these, so it is not waited for.
        rotate: (next) => Effect.zipLeft(keys.credentials.rotate(next), session.forgive)
      },
      auth: {
        login: Effect.map(caller.login, ({ expireTime }) => ({ expireTime }))
      },
      customers: {
        create: (input) =>
          keyed("createCustomer", input, {
            key: input.customerCode,
            advice: "Ask with customers.query by the customer code."
          }),
        query: (input) =>
          (input.customerCode === undefined) === (input.customerId === undefined)
            ? new RequestInvalid({
                operation: "queryCustomer",
                problems: [{ path: "", problem: "give either customerCode or customerId" }]
              })
            : retried("queryCustomer", input)
      },
      kyc: {
        submit: (input) =>
          keyed("submitKyc", input, { key: input.customerId, advice: "Ask with kyc.status." }),
        livenessUrl: (input) => retried("getLivenessUrl", input),
        livenessResult: (input) => retried("getLivenessResult", input),
        status: (input) => retried("getKycStatus", input)
      },
      cards: {
        samples: retried("listCardSamples", {}),
        createVirtual: creating.create,
        settleCreation: creating.settle,
        decideCreation: creating.decide,
        list: (input) => retried("listCustomerCards", input),
        newOrderNo: money.mint,
        adjustBalance: money.adjust,
        settleOrder: money.settle,
        queryOrder: (input) => retried("queryTopUpOrder", input),
        detail: (input) => retried("getCardDetail", input),
        destroy: (input) => retried("destroyCard", input),
        freeze: (input) => retried("freezeCard", input),
        unfreeze: (input) => retried("unfreezeCard", input),
        panHtml: (input) => retried("getCardPanHtml", input),
        pan: (input) => retried("getCardPan", input),
        pin: (input) => retried("getCardPin", input),
        updatePhone: (input) => retried("updateCardPhone", input),
        updateEmail: (input) => retried("updateCardEmail", input),
        updateLimit: (input) => retried("updateCardLimit", input),
        bindPhysical: (input) =>
          keyed("bindPhysicalCard", input, {
            key: input.sku,
            advice: "Ask with cards.list for the customer."
          }),
        activatePhysical: (input) =>
          keyed("activatePhysicalCard", input, { key: input.cardId, advice: "Ask with cards.detail." })
      },
      transactions: {
        confirmThreeDs: ({ authId, cardId, decision }) =>
          Option.match(Contract.wireValueOf(contract, "threeDsResult", decision), {
            onNone: () =>
              new RequestInvalid({
                operation: "confirmThreeDs",
                problems: [{ path: "decision", problem: `the contract has no value for ${decision}` }]
              }),
            onSome: (result) =>
              caller.once(request("confirmThreeDs", { authId, cardId, result }), {
                key: authId,
                advice: "Do not send it again: the transaction that follows shows what was decided."
              })
          })
      },
      call: RawCall.make(contract, caller)
    }
  })
