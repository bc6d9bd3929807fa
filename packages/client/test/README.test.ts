import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as CardJournal from "../src/CardJournal.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import * as Yunmo from "../src/Yunmo.js"
import { customer, freeze } from "./readme/2-errors.js"
import { topUp } from "./readme/3-money.js"
import { cipher, secretsOf } from "./readme/3b-card-number.js"
import { balance } from "./readme/4-policy.js"
import { corrected, corrections, fromText } from "./readme/5-contract.js"
import { layerTest } from "./readme/6-sandbox.js"
import { test as recorded } from "./readme/6b-recorded.js"
import { collected } from "./readme/7-telemetry.js"
import { apiKey, secretKey, until, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import {
  booked,
  credentials,
  executeAnd,
  finish,
  forward,
  merchant,
  sandboxUrl,
  virtualCard,
  withSandbox
} from "./support/sandbox.js"
import { code, ok, reset, status, tokenOf, vendor } from "./support/vendor.js"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const firstCustomer = new URL("./readme/1-first-customer.ts", import.meta.url)
const readme = readFileSync(here("../README.md"), "utf8")
const programs = readdirSync(here("readme")).sort()

describe("the README", () => {
  it("shows the programs of test/readme, which compile and run here, and no others", () => {
    const blocks = [...readme.matchAll(/<!-- (\S+) -->\n```ts\n([\s\S]*?)```/g)]
    assert.deepStrictEqual(
      blocks.map(([, name]) => name),
      programs
    )
    for (const [, name, block] of blocks) {
      assert.strictEqual(block, readFileSync(here(`readme/${name}`), "utf8"), name)
    }
    assert.strictEqual(readme.match(/```ts/g)?.length, programs.length)
  })

  it("names each operation once, under its safety", () => {
    for (const safety of ["read", "idempotent", "keyed", "creating", "money", "decision"] as const) {
      const [, named = ""] = new RegExp(`^\\| ${safety} \\| ([^|]*) \\|`, "m").exec(readme) ?? []
      assert.deepStrictEqual(
        named.replaceAll("`", "").trim().split(" ").sort(),
        Operation.all
          .filter((operation) => operation.safety === safety)
          .map(({ name }): string => name)
          .sort()
      )
    }
  })

  it("has the policy's table as its docstring has it", () => {
    const rows = (source: string) =>
      source.match(
        /\| `(?:attemptTimeout|deadline|retries|retryBase|retrySchedule|concurrency|rates\.\w+|maxResponseBytes|responseSignature)` \|.*\|$/gm
      )
    assert.deepStrictEqual(rows(readme), rows(readFileSync(here("../src/Policy.ts"), "utf8")))
    const { rates, ...settings } = Policy.defaults
    assert.strictEqual(rows(readme)?.length, Object.keys(settings).length + Object.keys(rates).length)
  })
})

describe("its programs", () => {
  it.scopedLive("the smallest one runs", () =>
    Effect.gen(function* () {
      const url = yield* sandboxUrl
      const run = (baseUrl: string) =>
        Effect.async<{ readonly exit: number | null; readonly output: string }>((resume) => {
          const child = spawn(process.execPath, [fileURLToPath(firstCustomer)], {
            env: {
              YUNMO_MERCHANT_NO: merchant.merchantNo,
              YUNMO_API_KEY: Redacted.value(merchant.apiKey),
              YUNMO_SECRET_KEY: Redacted.value(merchant.secretKey),
              YUNMO_BASE_URL: baseUrl
            }
          })
          const output: Array<string> = []
          child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()))
          child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()))
          child.on("close", (exit) => resume(Effect.succeed({ exit, output: output.join("") })))
        })
      const first = yield* run(url)
      assert.match(first.output, /customer AU\d{9}, KYC state -1/)
      assert.strictEqual(first.exit, 0)
      const second = yield* run(url)
      assert.include(second.output, "CustomerCodeExists")
      assert.strictEqual(second.exit, 1)
      const wrong = yield* run("http://api.example.com")
      assert.include(wrong.output, "must begin with https://")
      assert.strictEqual(wrong.exit, 1)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("the customer is found, new, known or lost", () =>
    Effect.gen(function* () {
      const url = yield* sandboxUrl
      const code = Id.customerCode("c-1")
      const created = yield* customer(code)
      assert.strictEqual(yield* customer(code), created)
      const between = yield* vendor({
        login: forward(url),
        createCustomer: executeAnd(url, reset),
        anything: forward(url)
      })
      const found = yield* customer(Id.customerCode("c-2")).pipe(
        withClient(between.url, { options: credentials })
      )
      const { customers } = yield* Yunmo.Yunmo
      assert.strictEqual(found, (yield* customers.query({ customerCode: Id.customerCode("c-2") })).customerId)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("an unknown code is told", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: code("4999999") })
      const error = yield* Effect.flip(freeze(Id.cardId)).pipe(withClient(server.url))
      hasFields(error, { _tag: "UnknownResponseCode", code: "4999999" })
    })
  )

  it.scopedLive("the top-up survives a lost answer, and is paid once", () =>
    Effect.gen(function* () {
      const url = yield* sandboxUrl
      const { cardId } = yield* virtualCard("c-1")
      const between = yield* vendor({
        login: forward(url),
        adjustBalance: executeAnd(url, reset),
        anything: forward(url)
      })
      const number = Id.merchantOrderNo("INV-1")
      const paying = topUp(number, cardId, Id.amount("20.00"))
      yield* Effect.gen(function* () {
        const words = yield* Effect.fork(paying)
        yield* until(
          Effect.sync(() => between.of("queryTopUpOrder").length === 1),
          "it is asked for"
        )
        yield* finish(number)
        assert.strictEqual(yield* Fiber.join(words), "paid")
        assert.strictEqual(yield* paying, "paid")
      }).pipe(withClient(between.url, { options: credentials }))
      assert.deepStrictEqual(yield* booked(cardId), ["increase 20.00"])

      const failing = topUp(Id.merchantOrderNo("INV-2"), cardId, Id.amount("20.00"))
      const words = yield* Effect.fork(failing)
      yield* finish(Id.merchantOrderNo("INV-2"), "failed").pipe(Effect.eventually)
      assert.strictEqual(yield* Fiber.join(words), "not paid")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("card number and PIN are decrypted with the key of the environment", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const key = Redacted.value((yield* sandbox.cardKey()).privateKey)
      const { pan, pin } = yield* secretsOf(cardId).pipe(
        Effect.provide(cipher),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["YUNMO_CARD_KEY", key]])))
      )
      assert.match(Redacted.value(pan), /^\d{16}$/)
      assert.match(Redacted.value(pin), /^\d{4}$/)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.live("the recording answers, and says what is left", () =>
    Effect.gen(function* () {
      const { balance, calls, left } = yield* recorded
      assert.strictEqual(balance?.text, "25.00")
      assert.deepStrictEqual(
        calls.map(({ operation }) => operation),
        ["login", "getCardDetail", "getCardDetail"]
      )
      assert.deepStrictEqual(Object.keys(left), ["createCustomer"])
    })
  )

  it.scopedLive("the hurried one gives up after its one repeat", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ getCardDetail: status(503) })
      hasFields(yield* Effect.flip(balance(Id.cardId)).pipe(withClient(server.url)), { attempt: 2 })
    })
  )

  it.scopedLive("the corrections hold", () =>
    Effect.gen(function* () {
      const versionIn = (layer: Layer.Layer<Contract.Contract, Contract.ContractInvalid>) =>
        Effect.map(Layer.build(layer), (context) => Context.get(context, Contract.Contract).version)
      assert.strictEqual(yield* versionIn(corrections), "V1.0")
      assert.strictEqual(yield* versionIn(fromText(`{"version":"v9"}`)), "v9")
      assert.include((yield* Effect.flip(versionIn(fromText(`{"paths":{"logIn":"/x"}}`)))).message, "logIn")

      const server = yield* vendor({ anything: ok({ customerId: "AU1" }) })
      const client = corrected(
        Yunmo.layer({ ...credentials, baseUrl: server.url }).pipe(
          Layer.provide([NodeHttpClient.layerUndici, OrderJournal.layerMemory, CardJournal.layerMemory])
        )
      )
      const create = Effect.flatMap(Yunmo.Yunmo, ({ customers }) =>
        customers.create({ customerCode: Id.customerCode("c-1") })
      )
      yield* Effect.exit(Effect.provide(create, client))
      hasFields(server.received[0]?.message ?? {}, { version: "V1.0" })
    })
  )

  it.scopedLive("the sandbox's layer is a vendor to test with", () =>
    Effect.gen(function* () {
      const { customers, kyc } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { customerId } = yield* customers.create({ customerCode: Id.customerCode("c-1") })
      yield* kyc.submit({ ...Id.kyc(), customerId })
      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      assert.strictEqual((yield* kyc.status({ customerId })).auditState, "1")
    }).pipe(Effect.provide(layerTest), Effect.timeout(Duration.seconds(15)))
  )

  it.scopedLive("the collector gets spans and metrics over OTLP, and no secret", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [status(503), ok(true)] })
      const collector = yield* vendor({ anything: ok({}) })
      yield* freeze(Id.cardId).pipe(withClient(server.url), Effect.provide(collected(collector.url)))
      const sent = (path: string) =>
        collector.received.flatMap(({ body, url }) => (url === path ? [body] : [])).join("\n")
      for (const name of ["POST /auth/login", "POST /card/freeze", "Yunmo.freezeCard", "card-desk"]) {
        assert.include(sent("/v1/traces"), `"${name}"`)
      }
      assert.include(sent("/v1/metrics"), `"yunmo_client_retries_total"`)
      const held = server.received.map(({ body }) => body).join("\n")
      assert.include(held, apiKey)
      assert.include(held, tokenOf(1))
      for (const { body } of collector.received) {
        for (const secret of [apiKey, secretKey, tokenOf(1)]) {
          assert.notInclude(body, secret)
        }
      }
    })
  )
})
