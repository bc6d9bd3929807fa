import { createServer, type IncomingMessage } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import * as Outcome from "@effect-yunmo/client/Outcome"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
import * as Receiver from "@effect-yunmo/notifications/Receiver"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Amount from "@effect-yunmo/schema/Amount"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Dispatcher from "../src/Dispatcher.js"
import * as Effects from "../src/Effects.js"
import * as Findings from "../src/Findings.js"
import * as Handlers from "../src/Handlers.js"
import * as ReadModel from "../src/ReadModel.js"
import * as SqlCardJournal from "../src/SqlCardJournal.js"
import * as SqlOrderJournal from "../src/SqlOrderJournal.js"
import * as ThreeDsDesk from "../src/ThreeDsDesk.js"
import { connection, inDatabase, Place, query } from "./database.js"

const development = Sandbox.development.merchants[0]
export const merchantNo = Ids.MerchantNo.make(development.merchantNo)
export const otherMerchantNo = Ids.MerchantNo.make("BU000000002")
const key = SigningKey.make("signing", development.secretKey)
export const amount = (text: string) => Amount.Amount.unsafeFromText(text)

export const quiet = Logger.remove(Logger.defaultLogger)

/**
 * What the way to the vendor does with a call: refuses the connection, takes the call and never answers, answers with this
 * status, or lets the vendor answer and loses the answer.
 */
export type Fault = "down" | "hangs" | "loses" | number

/** The way to the vendor: a real HTTP hop on loopback, which keeps what passed and can be broken. */
export class Way extends Context.Tag("test/Way")<
  Way,
  {
    readonly url: string
    /** How often an operation was called; `reached` counts those that came to the vendor. */
    readonly calls: (name: Operation.Name) => { readonly made: number; readonly reached: number }
    readonly bodies: ReadonlyArray<string>
    /** Breaks an operation, for one card or customer when named, until it is mended with `undefined`. */
    readonly set: (name: Operation.Name, fault: Fault | undefined, about?: string) => void
  }
>() {}

const bodyOf = (request: IncomingMessage) =>
  new Promise<string>((resolve) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")))
  })

const wayTo = (vendor: string) =>
  Effect.acquireRelease(
    Effect.async<Context.Tag.Service<Way> & { readonly close: () => void }>((resume) => {
      const names = new Map(Operation.all.map(({ name }) => [Contract.proposed.paths[name].path, name]))
      const faults = new Map<Operation.Name, Map<string, Fault>>()
      const made: Array<Operation.Name> = []
      const reached: Array<Operation.Name> = []
      const bodies: Array<string> = []
      // A request that came to the vendor while it stops would keep it from stopping.
      const closing = new AbortController()
      const server = createServer(async (request, response) => {
        const body = await bodyOf(request)
        const name = names.get(request.url ?? "")
        assert(name !== undefined, `the contract has ${request.url}`)
        made.push(name)
        bodies.push(body)
        const fault = [...(faults.get(name) ?? [])].find(([about]) => body.includes(about))?.[1]
        if (fault === "down") {
          request.socket.destroy()
        } else if (typeof fault === "number") {
          response.writeHead(fault).end()
        } else if (fault !== "hangs") {
          reached.push(name)
          const answer = await fetch(`${vendor}${request.url}`, {
            method: "POST",
            body,
            headers: { "content-type": "application/json" },
            signal: closing.signal
          })
            .then(async (vendors) => ({ status: vendors.status, text: await vendors.text() }))
            .catch(() => undefined)
          if (fault === "loses" || answer === undefined) {
            request.socket.destroy()
          } else {
            response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.text)
          }
        }
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const count = (list: ReadonlyArray<Operation.Name>, name: Operation.Name) =>
          list.filter((other) => other === name).length
        resume(
          Effect.succeed({
            url: `http://127.0.0.1:${port}`,
            bodies,
            calls: (name) => ({ made: count(made, name), reached: count(reached, name) }),
            set: (name, fault, about = "") => {
              const ofName = faults.get(name) ?? new Map<string, Fault>()
              faults.set(name, ofName)
              if (fault === undefined) {
                ofName.delete(about)
              } else {
                ofName.set(about, fault)
              }
            },
            close: () => {
              closing.abort()
              server.closeAllConnections()
              server.close()
            }
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** The vendor on a free loopback port, and the way to it. */
export const vendor = (options: Partial<Sandbox.Options> = {}) =>
  Layer.scoped(Way, Effect.flatMap(HttpServer.addressFormattedWith(Effect.succeed), wayTo)).pipe(
    Layer.provideMerge(SandboxServer.layer),
    Layer.provideMerge(
      Sandbox.layerTest({ rules: { settleAfterSeconds: 0 }, resend: ["50 millis"], ...options }).pipe(
        Layer.provide(NodeHttpClient.layerUndici)
      )
    ),
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  )

/** The merchant's client, by way of {@link Way}. */
export const client = Layer.unwrapEffect(
  Effect.map(Way, ({ url }) =>
    Yunmo.layer({ merchantNo, apiKey: development.apiKey, secretKey: development.secretKey, baseUrl: url })
  )
).pipe(Layer.provide(NodeHttpClient.layerUndici))

export interface Options {
  readonly policy?: ThreeDsDesk.DecisionPolicy
  readonly defaultTimeout?: Duration.Duration
  readonly dispatcher?: Dispatcher.Options
  /** Users' handlers in place of ours, or around them. */
  readonly handlers?: (
    ours: Handlers.HandlersService,
    sql: SqlClient.SqlClient
  ) => Partial<Handlers.HandlersService>
  /** What the merchant corrects; the vendor does not know of it. */
  readonly contract?: Contract.Overrides
}

/** Fast enough for tests: what fails is tried again at once, nearly. */
const impatient: Dispatcher.Options = {
  pollInterval: Duration.millis(20),
  backOff: Duration.millis(20),
  maxBackOff: Duration.millis(100)
}

/** All of this package in one database, as the worker has it. */
export const processing = (options: Options = {}) =>
  Dispatcher.layer({ ...impatient, ...options.dispatcher }).pipe(
    Layer.provideMerge(
      Layer.effect(
        Handlers.Handlers,
        Effect.zipWith(Handlers.make, SqlClient.SqlClient, (ours, sql) => ({
          ...ours,
          ...options.handlers?.(ours, sql)
        }))
      )
    ),
    Layer.provideMerge(
      ThreeDsDesk.layer({
        policy: options.policy ?? "ask",
        ...(options.defaultTimeout === undefined ? {} : { defaultTimeout: options.defaultTimeout })
      })
    ),
    Layer.provideMerge(Layer.mergeAll(ReadModel.layer, Effects.layer)),
    Layer.provideMerge(Layer.mergeAll(Inbox.layer, Findings.layer)),
    Layer.provideMerge(client),
    Layer.provideMerge(Layer.merge(SqlOrderJournal.layer, SqlCardJournal.layer))
  )

export const receiver = Receiver.layer({ merchantNos: [merchantNo, otherMerchantNo] }).pipe(
  Layer.provideMerge(Quarantine.layer()),
  Layer.provide(Verifier.layer),
  Layer.provide(KeyRing.layer({ signing: key }))
)

/** The webhook on a free loopback port. */
export class Webhook extends Context.Tag("test/Webhook")<Webhook, { readonly url: string }>() {
  static readonly layer = Layer.scoped(
    Webhook,
    Effect.gen(function* () {
      const listener = yield* NodeListener.make({ path: "/" })
      const server = yield* Effect.acquireRelease(
        Effect.sync(() => createServer(listener)),
        (server) =>
          Effect.sync(() => {
            server.closeAllConnections()
            server.close()
          })
      )
      yield* Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
      const address = server.address()
      return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/` }
    })
  )
}

/** Vendor, webhook and worker on one database. */
export const world = (options: Options & { readonly sandbox?: Partial<Sandbox.Options> } = {}) =>
  Webhook.layer.pipe(
    Layer.provideMerge(receiver),
    Layer.provideMerge(processing(options)),
    Layer.provide(Contract.layer(options.contract ?? {})),
    Layer.provideMerge(inDatabase),
    Layer.provideMerge(vendor(options.sandbox)),
    Layer.provideMerge(quiet)
  )

/** A second worker on the database of the test, with connections of its own. */
export const anotherWorker = (options: Options = {}) =>
  Effect.gen(function* () {
    const layer = Layer.fresh(Layer.provideMerge(processing(options), connection(yield* Place)))
    return yield* Layer.build(layer)
  })

/** `data` of a transaction (VENDOR 6.4), with what the contract proposes for its enums. */
export const trade = (overrides: JsonObject = {}): JsonObject => ({
  orderNo: "OR17719241",
  subOrderNo: "SU17719242",
  cardId: "CDAU079126648V01",
  subType: "AUTHORIZATION",
  status: "SUCCESS",
  amount: "57.00",
  currency: "USD",
  eventTime: "2026-02-10 16:11:36",
  terminalMerchantName: "Corner Shop",
  ...overrides
})

export const threeDs = (overrides: JsonObject = {}): JsonObject => ({
  authId: "TDS1",
  cardId: "CDAU079126648V01",
  cardPan: "411111******1111",
  txnCurrency: "USD",
  txnAmount: "12.50",
  cardAcceptorLocationName: "Corner Shop",
  ...overrides
})

/** Signs a notification as the vendor would, and gives it to the receiver. Answers the id of its row. */
export const notify = (
  eventType: "KYC" | "_3DS" | "TRADE" | (string & {}),
  data: JsonObject,
  envelope: JsonObject = {}
) =>
  Effect.gen(function* () {
    const { body } = yield* Signer.signWith(key, {
      envelope: { merchantNo, version: "v1.0", eventType, eventName: eventType.toLowerCase(), ...envelope },
      data,
      collision: "dataWins",
      nested: "omit"
    })
    const receiver = yield* Receiver.Receiver
    const answer = yield* receiver.receive(new TextEncoder().encode(Redacted.value(body)))
    assert.strictEqual(answer.body, "OK", answer.outcome)
    const [row] = yield* query<{ readonly id: number }>("SELECT max(id) AS id FROM yunmo_inbox")
    return row?.id ?? 0
  })

export const stateOf = (id: number) =>
  Effect.gen(function* () {
    const inbox = yield* Inbox.Inbox
    const row = yield* Effect.flatten(inbox.get(id))
    return row.state
  })

/** Rounds until nothing is left that is ready now. */
export const drain = (
  queue: "threeDs" | "others" = "others"
): Effect.Effect<void, unknown, Dispatcher.Dispatcher> =>
  Effect.flatMap(Dispatcher.Dispatcher, (dispatcher) =>
    Effect.flatMap(dispatcher.round(queue), ({ handled, setAside }) =>
      handled + setAside === 0 ? Effect.void : drain(queue)
    )
  )

/** Looks again until it holds. */
export const eventually = <A, E, R>(
  look: Effect.Effect<A | undefined | false, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (found) =>
    found === undefined || found === false
      ? Effect.zipRight(Effect.sleep("10 millis"), eventually(look))
      : Effect.succeed(found)
  ).pipe(
    Effect.timeoutFail({ duration: "45 seconds", onTimeout: () => new Error("it does not come to be") }),
    Effect.orDie
  )

export const submission = (customerId: Ids.CustomerId) => ({
  customerId,
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1990-12-10",
  nationality: "PH",
  idType: "PASSPORT",
  idNumber: Redacted.make("P0000001"),
  idFrontPhoto: Redacted.make("/9j/4AAQSkZJRg==")
})

/** A customer whose KYC has passed. */
export const passedCustomer = (code: string) =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo.Yunmo
    const sandbox = yield* Sandbox.Sandbox
    const { customerId } = yield* yunmo.customers.create({ customerCode: Ids.CustomerCode.make(code) })
    yield* yunmo.kyc.submit(submission(customerId))
    yield* sandbox.reviewKyc({ customerId, result: "passed" })
    return customerId
  })

/** A virtual card of a new customer, with money on it. */
export const fundedCard = (code: string, money = "1000.00") =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo.Yunmo
    const customerId = yield* passedCustomer(code)
    const { cardId } = yield* yunmo.cards
      .createVirtual({ customerId, cardSampleId: Ids.CardSampleId.make("CS0001") })
      .pipe(Outcome.orFail)
    const merchantOrderNo = Ids.MerchantOrderNo.make(`top-up-${code}`)
    yield* yunmo.cards.adjustBalance({
      cardId,
      amount: amount(money),
      direction: "increase",
      merchantOrderNo
    })
    yield* eventually(
      Effect.map(yunmo.cards.settleOrder(merchantOrderNo), (outcome) => outcome._tag === "Done")
    )
    return { cardId, customerId }
  })

/** What the findings of the merchant are, as `kind subject`. */
export const findings = Effect.flatMap(Findings.Findings, ({ open }) =>
  Effect.map(open(merchantNo), (found) => found.map(({ kind, subject }) => `${kind} ${subject}`))
)

export const now = Clock.currentTimeMillis
