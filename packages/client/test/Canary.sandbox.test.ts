/**
 * No secret shows when the vendor has a bad day: each operation meets each fault of the sandbox, before the effect and
 * after it, with the secrets that the sandbox itself makes: tokens, card numbers, encrypted answers, activation codes.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@effect-yunmo/sandbox/Fault"
import * as Magic from "@effect-yunmo/sandbox/Magic"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CardJournal from "../src/CardJournal.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import * as TokenStore from "../src/TokenStore.js"
import { Yunmo } from "../src/Yunmo.js"
import { apiKey, secretKey, silent, watch } from "./support/canary.js"
import * as Id from "./support/ids.js"
import { credentials, withSandbox } from "./support/sandbox.js"
import { cardNumbers, redactedIn, tokensKept } from "./support/secrets.js"
import { prints } from "./support/shows.js"
import { rows } from "./support/table.js"

const keys = { apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secretKey) }
const [development] = Sandbox.development.merchants

const policy = { retries: 1, retryBase: Duration.millis(1), rates: {}, attemptTimeout: Duration.seconds(5) }
const hasty = { ...policy, attemptTimeout: Duration.millis(100) }

/** Each fault on each side of the effect, and a good day. */
const days: ReadonlyArray<readonly [string, Fault.CallRule | undefined, Partial<Policy.PolicyService>]> = [
  ...Fault.CallFault.literals.flatMap((fault) =>
    [false, true].map(
      (executed) =>
        [
          `${fault}, ${executed ? "" : "not "}executed`,
          { fault, executed, ...(fault === "slow" ? { delaySeconds: 0.15 } : {}) },
          fault === "slow" ? hasty : policy
        ] as const
    )
  ),
  ["a good day", undefined, policy]
]

describe("no secret shows, against the sandbox", () => {
  for (const { name, section } of Operation.all) {
    // What is not settled is not sent again: then each day has a sandbox of its own.
    const lives = rows[name].lost === "Unknown" ? days.map((day) => [day]) : [days]
    const live = (those: typeof days) =>
      Effect.gen(function* () {
        const { keeping, tokens } = yield* tokensKept
        yield* Effect.gen(function* () {
          const sandbox = yield* Sandbox.Sandbox
          const { call, secrets = [] } = yield* rows[name].prepare
          const numbers = yield* cardNumbers
          for (const [day, rule, within] of those) {
            yield* sandbox.setFaults(rule === undefined ? {} : { calls: [{ ...rule, operations: [name] }] })
            const { exit } = yield* watch(`${name}, ${day}`, call, within, (ended) => [
              ...tokens,
              ...numbers,
              ...secrets.map(Redacted.value),
              ...(Exit.isSuccess(ended) ? redactedIn(ended.value) : [])
            ])
            const { calls } = yield* sandbox.faults
            assert.isTrue(
              calls.every(({ fired }) => fired > 0),
              day
            )
            if (day === "a good day" && rows[name].lost === "TransportFailed") {
              assert.isTrue(Exit.isSuccess(exit))
            }
          }
          assert.isNotEmpty(tokens)
          const looked = ["CANARY", ...tokens, ...numbers]
          const orders = yield* OrderJournal.OrderJournal
          silent("the journal", prints(yield* orders.unsettled(credentials.merchantNo)), looked)
          const creations = yield* CardJournal.CardJournal
          silent("the card journal", prints(yield* creations.unsettled(credentials.merchantNo)), looked)
          silent("the service", prints(yield* Yunmo), looked)
        }).pipe(
          Effect.provide(
            withSandbox({ sandbox: { seed: name, merchants: [{ ...development, ...keys }] }, client: keys })
          ),
          Policy.within(policy),
          Effect.provideService(TokenStore.TokenStore, keeping)
        )
      })
    it.scopedLive(`in ${section} ${name}, on ${days.length} kinds of day`, () =>
      Effect.forEach(lives, live, { discard: true })
    )
  }

  it.scopedLive("in any of the codes that a customer code can force", () =>
    Effect.gen(function* () {
      const { customers } = yield* Yunmo
      for (const { code, name, refused } of ResponseCode.rows) {
        const customerCode = Id.customerCode(`${Magic.forcedCode}${code}`)
        const { exit } = yield* watch(name, customers.create({ customerCode }), policy)
        const error = Option.getOrThrow(Exit.causeOption(exit).pipe(Option.flatMap(Cause.failureOption)))
        assert.strictEqual(error._tag, refused ? name : "OutcomeUnknown")
      }
    }).pipe(
      Effect.provide(withSandbox({ sandbox: { merchants: [{ ...development, ...keys }] }, client: keys })),
      Policy.within(policy)
    )
  )

  it.scopedLive("though there are secrets to be found: answers hold them", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo
      const { call } = yield* rows.createVirtualCard.prepare
      yield* call
      const found = yield* Effect.flatMap(Sandbox.Sandbox, ({ state }) => state)
      const cardId = Option.getOrThrow(Option.fromNullable(found.cards[0]?.cardId))
      assert.match((yield* cardNumbers)[1] ?? "", /^424242\d{10}$/)
      assert.isNotEmpty(redactedIn(yield* cards.pan({ cardId })))
      assert.isNotEmpty(redactedIn(yield* cards.detail({ cardId })))
      assert.deepStrictEqual(redactedIn(new Outcome.Done({ value: [{ a: Redacted.make("12345678") }] })), [
        "12345678"
      ])
    }).pipe(Effect.provide(withSandbox()), Policy.within(policy))
  )
})
