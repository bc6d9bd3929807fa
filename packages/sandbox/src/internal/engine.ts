import type * as HttpClient from "@effect/platform/HttpClient"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Hash from "effect/Hash"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { ShopAnswer } from "../Control.js"
import type { Answer, Options } from "../Sandbox.js"
import { MoveRefused, type SandboxInvalid } from "../SandboxError.js"
import * as CardKey from "./cardKey.js"
import * as Courier from "./courier.js"
import * as Credential from "./credential.js"
import { defaultResend } from "./defaults.js"
import * as Envelope from "./envelope.js"
import { merchantsOf } from "./merchants.js"
import * as Notification from "./notification.js"
import * as Operations from "./operations.js"
import * as Orders from "./orders.js"
import { makeGenerator } from "./random.js"
import { missing, type Refusal, refuse, type Wrong } from "./refusal.js"
import * as Session from "./session.js"
import * as Vocabulary from "./vocabulary.js"
import {
  type Merchant,
  makeWorld,
  merchantNoOf,
  type News,
  type Rules,
  type Step,
  type Transaction,
  type World
} from "./world.js"

/** A world, and the only ways in which anything happens in it. */
export interface Engine {
  readonly world: World
  /**
   * Runs one command. Uninterruptible: a caller who hangs up must not part what happened from the notification of it.
   */
  readonly command: <A, E>(run: (step: Step) => Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** A command of the control surface. */
  readonly move: <A>(run: (step: Step) => Either.Either<A, Wrong>) => Effect.Effect<A, MoveRefused>
  readonly shop: (
    run: (step: Step) => Either.Either<Transaction, Wrong>
  ) => Effect.Effect<ShopAnswer, MoveRefused>
  /** A command of the vendor's API. */
  readonly answer: (operation: Operation.Name, body: Uint8Array) => Effect.Effect<Answer>
  readonly merchantOf: (merchantNo: string | undefined) => Either.Either<Merchant, Wrong>
  readonly cardKeys: (merchantNo: string) => Effect.Effect<CardKey.CardKey>
  readonly admits: (credential: Redacted.Redacted<string>) => Effect.Effect<boolean>
  readonly wake: (merchantNo: string) => Effect.Effect<void>
}

/** News, with what was fixed when it happened. */
interface Told {
  readonly news: News
  readonly merchant: Merchant
  readonly id: number
  readonly nonce: string
  readonly requestTime: number
}

export const make = (
  options: Options
): Effect.Effect<Engine, SandboxInvalid, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const merchants = yield* merchantsOf(options)
    const contract = yield* Contract.Contract
    const vocabulary = Vocabulary.make(contract)
    const world = makeWorld(merchants)
    const random = makeGenerator(options.seed === undefined ? yield* Random.nextInt : Hash.hash(options.seed))
    const rules: Rules = {
      tokenLifetime: Duration.toMillis(options.tokenLifetime ?? "2 hours"),
      settleAfter: Duration.toMillis(options.settleAfter ?? "250 millis"),
      duplicateOrders: options.duplicateOrders ?? "refuse"
    }
    const cardKeys = CardKey.makeStore()
    const courier = yield* Courier.make({
      world,
      resend: (options.resend ?? defaultResend).map(Duration.decode),
      acknowledgement: contract.acknowledgement
    })

    const publish = ({ id, merchant, news, nonce, requestTime }: Told): Effect.Effect<void> =>
      Effect.gen(function* () {
        const { data, eventName, eventType } = yield* Notification.compose(vocabulary, news)
        const { merchantNo } = merchant
        const { version } = contract
        const { body } = yield* Signer.signWith(merchant.key, {
          envelope: { merchantNo, requestTime, version, nonce, eventType, eventName },
          data,
          // Only where the merchant's contract puts the kind into `eventType` does a key stand in both places.
          collision: "dataWins"
        })
        yield* courier.post({
          id,
          merchantNo,
          eventType,
          eventName,
          body: Redacted.value(body),
          createdAt: requestTime
        })
        // What is signed was put together here: a refusal to sign it is a defect.
      }).pipe(Effect.orDie)

    const command: Engine["command"] = (run) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const told: Array<Told> = []
        const step: Step = {
          world,
          rules,
          now,
          random,
          // Number, nonce and time are given inside the step, so that they depend on nothing but the order of commands.
          tell: (news) => {
            const merchant = world.merchants.get(merchantNoOf(news))
            if (merchant !== undefined) {
              world.told.count += 1
              told.push({
                news,
                merchant,
                id: world.told.count,
                nonce: random.alphanumeric(16),
                requestTime: now
              })
            }
          }
        }
        Orders.settleDue(step)
        const result = yield* run(step)
        yield* Effect.forEach(told, publish, { discard: true })
        return result
      }).pipe(Effect.uninterruptible)

    const move: Engine["move"] = (run) =>
      Effect.mapError(command(run), ({ sentence }) => new MoveRefused({ message: sentence }))

    const serve = (name: Operation.Name, raw: Uint8Array): Effect.Effect<Codec.JsonValue, Refusal> =>
      command((step) =>
        Effect.gen(function* () {
          const { data, merchant, token } = yield* Envelope.open(world, contract.version, raw)
          if (name !== "login") {
            yield* Session.authenticate(step, merchant, token)
          }
          const input = yield* Effect.catchTag(
            Codec.decodeRequest(contract, name, data),
            "DataInvalid",
            (invalid) => refuse("BadParameters", invalid.message)
          )
          const cardKey = cardKeys(merchant.merchantNo)
          const response = yield* Operations.run(name, { step, merchant, vocabulary, cardKey }, input)
          return yield* Effect.orDie(Codec.encodeResponse(contract, name, response))
        })
      )

    return {
      world,
      command,
      move,
      shop: (run) => Effect.map(move(run), shopAnswer),
      answer: (operation, body) =>
        Effect.gen(function* () {
          const outcome = yield* Effect.either(serve(operation, body))
          const timestamp = yield* Clock.currentTimeMillis
          const code = Either.isRight(outcome) ? contract.successCode : vocabulary.codeOf(outcome.left.name)
          yield* Effect.annotateCurrentSpan({ operation, code })
          yield* Effect.logDebug(`Answered ${operation} with ${code}.`)
          return Either.match(outcome, {
            onLeft: ({ detail }): Answer => {
              const meaning = vocabulary.meaningOfCode(code)
              return {
                code,
                msg: detail === undefined ? meaning : `${meaning}: ${detail}`,
                timestamp,
                data: null
              }
            },
            onRight: (data): Answer => ({ code, msg: "success", timestamp, data })
          })
        }),
      merchantOf: (merchantNo = merchants[0]?.merchantNo) =>
        Either.fromNullable(merchantNo === undefined ? undefined : world.merchants.get(merchantNo), () =>
          missing("merchant", merchantNo)
        ),
      cardKeys,
      admits: yield* Credential.make(options.control),
      wake: courier.wake
    }
  })

const shopAnswer = (transaction: Transaction): ShopAnswer => ({
  orderNo: transaction.orderNo,
  subOrderNo: transaction.subOrderNo,
  status: transaction.declineReason === undefined ? "succeeded" : "failed",
  declineReason: transaction.declineReason
})
