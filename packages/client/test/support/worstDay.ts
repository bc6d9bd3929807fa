/** The sandbox on its worst day, and processes of a merchant that go on all the same. */
import { createServer } from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as Fault from "@effect-yunmo/sandbox/Fault"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import type { CardId, MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CardJournal from "../../src/CardJournal.js"
import * as OrderJournal from "../../src/OrderJournal.js"
import * as Outcome from "../../src/Outcome.js"
import * as TokenStore from "../../src/TokenStore.js"
import * as Yunmo from "../../src/Yunmo.js"
import * as Id from "./ids.js"
import { credentials } from "./sandbox.js"

/** How long an attempt may take here, and how late the vendor is when it is late. */
export const patience = Duration.millis(400)
const late = 0.6

// --- the bad day ---------------------------------------------------------------------------------------------------

const kinds: ReadonlyArray<Pick<Fault.CallRule, "fault" | "code" | "status" | "delaySeconds">> = [
  { fault: "lost" },
  { fault: "reset" },
  { fault: "slow", delaySeconds: late },
  { fault: "status", status: 500 },
  { fault: "html" },
  { fault: "truncated" },
  { fault: "code", code: "3000000" },
  { fault: "code", code: "-1" }
]

const onBothSides = (rules: typeof kinds) =>
  rules.flatMap((rule) => [
    { ...rule, executed: false },
    { ...rule, executed: true }
  ])

/** Of several rules the first that fires counts; so that each gets its share of all calls, later ones fire more often. */
const shared = (
  operation: "adjustBalance" | "queryTopUpOrder" | "login",
  rules: ReadonlyArray<readonly [share: number, rule: Fault.CallRule]>
): ReadonlyArray<Fault.CallRule> => {
  let left = 1
  return rules.map(([share, rule]) => {
    const rate = share / left
    left -= share
    return { ...rule, rate, operations: [operation] }
  })
}

/** Nine of ten top-ups meet something, and a third of the questions about them. */
export const worstDay: Fault.Plan = {
  calls: [
    ...shared("adjustBalance", [
      ...onBothSides(kinds).map((rule) => [0.055, rule] as const),
      [0.015, { fault: "code", code: "2000001" }],
      [0.015, { fault: "code", code: "2000002" }]
    ]),
    ...shared(
      "queryTopUpOrder",
      onBothSides(kinds).map((rule) => [rule.fault === "slow" ? 0.01 : 0.02, rule] as const)
    ),
    ...shared("login", [
      [0.2, { fault: "reset", executed: true }],
      [0.2, { fault: "status", status: 502 }]
    ])
  ]
}

/** A rule in words. */
export const nameOf = ({ code, executed, fault, status }: Fault.CallRule): string =>
  `${[fault, code ?? status].filter((word) => word !== undefined).join(" ")}, ${executed ? "" : "not "}executed`

// --- the sandbox, a shared journal, and what leaves for it -----------------------------------------------------------

/** Requests of 4.04 by their order number, counted where they leave the client. */
interface Wire {
  readonly sent: ReadonlyMap<string, number>
  /** Is done when the first request of this order leaves. */
  readonly leaving: (merchantOrderNo: MerchantOrderNo) => Effect.Effect<Deferred.Deferred<void>>
}

const numberIn = (body: Uint8Array): string | undefined =>
  /"direction":.*"merchantOrderNo":"([^"]+)"/.exec(new TextDecoder().decode(body))?.[1] ??
  /"merchantOrderNo":"([^"]+)".*"direction":/.exec(new TextDecoder().decode(body))?.[1]

const tapped = Effect.map(HttpClient.HttpClient, (client) => {
  const sent = new Map<string, number>()
  const awaited = new Map<string, Deferred.Deferred<void>>()
  const wire: Wire = {
    sent,
    leaving: (merchantOrderNo) =>
      Effect.tap(Deferred.make<void>(), (deferred) =>
        Effect.sync(() => {
          awaited.set(merchantOrderNo, deferred)
        })
      )
  }
  const http = HttpClient.mapRequestEffect(client, (request) =>
    Effect.suspend(() => {
      const { body } = request
      const number = body._tag === "Uint8Array" ? numberIn(body.body) : undefined
      if (number === undefined) {
        return Effect.succeed(request)
      }
      sent.set(number, (sent.get(number) ?? 0) + 1)
      const waits = awaited.get(number)
      return waits === undefined
        ? Effect.succeed(request)
        : Effect.as(Deferred.succeed(waits, undefined), request)
    })
  )
  return { http, wire }
})

export interface World {
  readonly sandbox: Sandbox.SandboxService
  readonly journal: OrderJournal.OrderJournalService
  readonly wire: Wire
  /** A process of the merchant, for as long as the effect runs. All share a token, and a journal unless they bring one. */
  readonly process: (
    journal?: OrderJournal.OrderJournalService
  ) => <A, E>(effect: Effect.Effect<A, E, Yunmo.Yunmo>) => Effect.Effect<A, E>
  /** Funded, and each of a customer of its own. */
  readonly cards: ReadonlyArray<CardId>
}

const funds = Id.amount("100000.00")

/** A sandbox on a loopback port with cards that have money. */
export const world = (options: Partial<Sandbox.Options>) =>
  Effect.gen(function* () {
    const sandboxLayer = SandboxServer.layer.pipe(
      Layer.provideMerge(Sandbox.layerTest(options)),
      Layer.provide(NodeHttpClient.layerUndici),
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
      Layer.merge(OrderJournal.layerMemory),
      Layer.merge(NodeHttpClient.layerUndici),
      Layer.orDie
    )
    const context = yield* Layer.build(sandboxLayer)
    const { baseUrl, http, journal, sandbox, wire } = yield* Effect.gen(function* () {
      const baseUrl = yield* HttpServer.addressFormattedWith((url) => Effect.succeed(url))
      const { http, wire } = yield* tapped
      return {
        baseUrl,
        http,
        wire,
        journal: yield* OrderJournal.OrderJournal,
        sandbox: yield* Sandbox.Sandbox
      }
    }).pipe(Effect.provide(context))

    const tokens = yield* TokenStore.makeMemory
    const process: World["process"] =
      (own = journal) =>
      (effect) =>
        Effect.provide(
          effect,
          Yunmo.layer({ ...credentials, baseUrl }).pipe(
            Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
            Layer.provide(Layer.succeed(OrderJournal.OrderJournal, own)),
            Layer.provide(CardJournal.layerMemory),
            Layer.provide(Layer.succeed(TokenStore.TokenStore, tokens)),
            Layer.orDie
          )
        )

    const funded = (nth: number) =>
      Effect.gen(function* () {
        const { cards, customers, kyc } = yield* Yunmo.Yunmo
        const { customerId } = yield* customers.create({ customerCode: Id.customerCode(`c-${nth}`) })
        yield* kyc.submit({ ...Id.kyc(), customerId })
        yield* sandbox.reviewKyc({ customerId, result: "passed" })
        const { cardId } = yield* Outcome.orFail(
          cards.createVirtual({ customerId, cardSampleId: Id.cardSampleId })
        )
        const merchantOrderNo = Id.merchantOrderNo(`FUNDS-${nth}`)
        yield* cards.adjustBalance({ merchantOrderNo, cardId, amount: funds, direction: "increase" })
        yield* sandbox.moveClock({ bySeconds: 1 })
        yield* cards.settleOrder(merchantOrderNo)
        return cardId
      })
    const cards = yield* Effect.forEach([1, 2, 3, 4, 5], funded).pipe(process(), Effect.orDie)
    return { sandbox, journal, wire, process, cards } satisfies World
  })
