import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Sandbox from "../src/Sandbox.js"
import * as Id from "./support/ids.js"
import { inFile, newFile } from "./support/kept.js"
import { eventually, ok, receiver } from "./support/receiver.js"
import { control, kycOf, merchant, signed } from "./support/vendor.js"
import { booksAreRight } from "./support/world.js"

const program = fileURLToPath(new URL("./support/keptSandbox.ts", import.meta.url))

/** The sandbox on the file as a process of its own, and what ends it without a word. */
const start = (filename: string, callback: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [program, filename, callback], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const ended = new Promise((resolve) => child.on("close", resolve))
      const url = await new Promise<string>((resolve, reject) => {
        createInterface({ input: child.stdout }).once("line", resolve)
        child.once("exit", (code) => reject(new Error(`it ended with ${code} before it listened`)))
      })
      return { url, kill: () => child.kill("SIGKILL"), ended }
    }),
    ({ ended, kill }) => {
      kill()
      return Effect.promise(() => ended)
    }
  )

const Answer = Schema.parseJson(Schema.Struct({ code: Schema.String, data: Schema.Unknown }))

/** Text of an answer, or nothing where the connection broke. */
const ask = (url: string, headers: Readonly<Record<string, string>>, body: string) =>
  Effect.tryPromise(async () => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body
    })
    return { status: response.status, text: await response.text() }
  })

/** A merchant and a shop, at the process behind this URL. */
const callers = (url: string) =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    const call = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>, token: string) =>
      Effect.gen(function* () {
        const data = yield* Codec.encodeRequest(contract, name, input)
        const body = yield* signed(data, { token })
        const { text } = yield* ask(`${url}${contract.paths[name].path}`, {}, body)
        const answer = yield* Schema.decode(Answer)(text)
        assert.strictEqual(answer.code, "200", `${name}: ${text}`)
        return yield* Codec.decodeResponse(contract, name, JSON.parse(JSON.stringify(answer.data)))
      })
    const { token } = yield* call("login", { apiKey: merchant.apiKey }, "")
    const bearer = { authorization: `Bearer ${control}` }
    return {
      call: <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
        call(name, input, Schema.encodeSync(Schema.Redacted(Schema.String))(token)),
      trigger: (path: string, input: unknown) =>
        Effect.map(ask(`${url}/_sandbox/${path}`, bearer, JSON.stringify(input)), ({ status, text }) => {
          assert.isBelow(status, 300, `${path}: ${text}`)
          return text
        })
    }
  })

const Shop = Schema.parseJson(Schema.Struct({ subOrderNo: Schema.String }))

const count = <A>(list: ReadonlyArray<A>, what: (each: A) => unknown) => new Set(list.map(what)).size

describe("a process that is killed", () => {
  it.scopedLive(
    "has lost nothing that anybody was told, and does nothing twice",
    () =>
      Effect.gen(function* () {
        const filename = yield* newFile
        const hook = yield* receiver(ok, { status: 500, body: "no" }, ok, ok)
        const told = { customers: [], orders: [], purchases: [] } as {
          readonly customers: Array<string>
          readonly orders: Array<readonly [merchantOrderNo: string, orderNo: string]>
          readonly purchases: Array<string>
        }
        let asked = 0
        for (const life of [1, 2, 3]) {
          yield* Effect.gen(function* () {
            const { kill, url } = yield* start(filename, hook.url)
            const { call, trigger } = yield* callers(url)
            const { customerId } = yield* call("createCustomer", { customerCode: Id.code(`holder-${life}`) })
            yield* call("submitKyc", kycOf(customerId))
            yield* trigger("kyc-reviews", { customerId, result: "passed" })
            const { cardId } = yield* call("createVirtualCard", {
              customerId,
              cardSampleId: Id.sample("CS0001")
            })
            let answered = 0
            const one = Effect.gen(function* () {
              asked += 1
              const name = `${life}-${asked}`
              const merchantOrderNo = Id.order(name)
              switch (asked % 3) {
                case 0: {
                  const amount = Id.amount(`${(asked % 7) + 1}.50`)
                  const order = yield* call("adjustBalance", {
                    cardId,
                    amount,
                    direction: "INCREASE",
                    merchantOrderNo
                  })
                  told.orders.push([name, String(order.orderNo)])
                  break
                }
                case 1: {
                  const text = yield* trigger("transactions", { cardId, amount: "0.25", currency: "USD" })
                  told.purchases.push((yield* Schema.decode(Shop)(text)).subOrderNo)
                  break
                }
                default: {
                  const customer = yield* call("createCustomer", { customerCode: Id.code(name) })
                  told.customers.push(customer.customerId)
                }
              }
              answered += 1
              // In the middle of what the others do.
              if (answered === 60 * life) {
                kill()
              }
            })
            // Each goes on until the connection breaks.
            yield* Effect.replicateEffect(Effect.exit(Effect.forever(one)), 12, {
              concurrency: "unbounded",
              discard: true
            })
            assert.isAtLeast(answered, 60 * life)
          }).pipe(Effect.scoped)
        }

        const receivedBefore = hook.received.map(({ body }) => body)
        yield* Effect.gen(function* () {
          const sandbox = yield* Sandbox.Sandbox
          // What was pending, and what was on its way, goes on.
          const { deliveries, state } = yield* eventually(
            Effect.gen(function* () {
              const state = yield* sandbox.state
              const deliveries = yield* sandbox.deliveries
              return deliveries.every(({ status }) => status === "acknowledged") &&
                state.orders.every(({ status }) => status === "done")
                ? { deliveries, state }
                : undefined
            })
          )
          yield* booksAreRight

          const codes = new Set(state.customers.map(({ customerId }) => String(customerId)))
          assert.deepStrictEqual(
            told.customers.filter((id) => !codes.has(id)),
            [],
            "customers"
          )
          const orders = new Map(
            state.orders.map((order) => [String(order.merchantOrderNo), String(order.orderNo)])
          )
          assert.deepStrictEqual(
            told.orders.filter(([own, orderNo]) => orders.get(own) !== orderNo),
            [],
            "orders"
          )
          const purchases = new Set(state.transactions.map(({ subOrderNo }) => String(subOrderNo)))
          assert.deepStrictEqual(
            told.purchases.filter((subOrderNo) => !purchases.has(subOrderNo)),
            [],
            "purchases"
          )
          const bodies = new Set(deliveries.map(({ body }) => body))
          assert.deepStrictEqual(
            receivedBefore.filter((body) => !bodies.has(body)),
            [],
            "notifications"
          )

          const { customers, transactions } = state
          for (const [what, list, unique] of [
            ["customers", customers.length, count(customers, ({ customerCode }) => customerCode)],
            ["orders", state.orders.length, count(state.orders, ({ merchantOrderNo }) => merchantOrderNo)],
            ["order numbers", state.orders.length, count(state.orders, ({ orderNo }) => orderNo)],
            ["purchases", transactions.length, count(transactions, ({ subOrderNo }) => subOrderNo)],
            ["notifications", deliveries.length, bodies.size]
          ] as const) {
            assert.strictEqual(unique, list, `no two ${what} are the same`)
          }
          // Cause and notification are kept together: one for each purchase and for each review.
          const about = transactions.map(
            ({ subOrderNo }) => deliveries.filter(({ body }) => body.includes(subOrderNo)).length
          )
          assert.deepStrictEqual([...new Set(about)], [1])
          assert.strictEqual(deliveries.length, transactions.length + 3)
          assert.isAtMost(state.orders.length + transactions.length + customers.length, asked + 3)
        }).pipe(
          Effect.provide(
            inFile(filename, { merchants: [{ ...merchant, callbackUrl: hook.url }], resend: ["20 millis"] })
          ),
          Effect.scoped
        )
      }),
    60_000
  )
})
