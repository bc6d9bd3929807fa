import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Redacted from "effect/Redacted"
import * as Inbox from "../src/Inbox.js"
import * as InboxRow from "../src/InboxRow.js"
import * as Quarantine from "../src/Quarantine.js"
import * as Receiver from "../src/Receiver.js"
import {
  bytes,
  connection,
  database,
  merchantNo,
  query,
  receiver,
  receiverOn,
  secret,
  signed,
  temporaryFolder,
  trade
} from "./support.js"

const receive = (body: string | Uint8Array) =>
  Effect.flatMap(Receiver.Receiver, (receiver) =>
    receiver.receive(typeof body === "string" ? bytes(body) : body)
  )

const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())
const quarantined = Effect.flatMap(Quarantine.Quarantine, (quarantine) => quarantine.list(10))

describe("Receiver", () => {
  it.effect("answers OK for a signed notification, and its row is there, to the byte", () =>
    Effect.gen(function* () {
      const body = yield* signed(trade())
      const answer = yield* receive(body)
      assert.deepStrictEqual(answer, {
        outcome: "kept",
        status: 200,
        headers: { "Content-Type": "text/plain; charset=utf-8" },
        body: "OK"
      })
      const inbox = yield* Inbox.Inbox
      const [row] = yield* inbox.ready(10, 0)
      assert.strictEqual(row && new TextDecoder().decode(Redacted.value(Either.getOrThrow(row.raw))), body)
      assert.strictEqual(row?.kind, "trade")
      assert.strictEqual(row?.eventType, "TRADE")
      assert.strictEqual(row?.merchantNo, merchantNo)
      assert.deepStrictEqual(row?.subject, { kind: "card", id: "CDAU079126648V01" })
      assert.strictEqual(row?.keyId, "signing")
      assert.strictEqual(row?.state, "pending")
    }).pipe(Effect.provide(receiver))
  )

  it.effect("keeps each kind under its subject, decodable as it was sent", () =>
    Effect.gen(function* () {
      const kyc = { customerId: "CU1", auditState: 2, auditRemark: "blurred photo" }
      const threeDs = { authId: "A1", cardId: "CD1", txnAmount: "10.00", txnCurrency: "USD" }
      yield* receive(yield* signed(kyc, { eventType: "KYC" }))
      yield* receive(yield* signed(threeDs, { eventType: "_3DS" }))
      yield* receive(yield* signed(trade()))
      const inbox = yield* Inbox.Inbox
      const kept = yield* inbox.ready(10, 0)
      assert.deepStrictEqual(
        kept.map(({ kind, subject }) => [kind, subject.kind, subject.id]),
        [
          ["kyc", "customer", "CU1"],
          ["threeDs", "card", "CD1"],
          ["trade", "card", "CDAU079126648V01"]
        ]
      )
      const decoded = yield* Effect.forEach(kept, InboxRow.decode)
      assert.deepStrictEqual(
        decoded.map(({ _tag }) => _tag),
        ["Kyc", "ThreeDs", "Trade"]
      )
      assert.strictEqual(decoded[2]?._tag === "Trade" && decoded[2].data.amount?.text, "5700.00")
    }).pipe(Effect.provide(receiver))
  )

  it.effect("answers OK to a re-send, and counts it on the same row", () =>
    Effect.gen(function* () {
      const body = yield* signed(trade())
      yield* receive(body)
      // Blanks and the order of keys say nothing.
      const again = yield* receive(
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse()), null, 2)
      )
      assert.deepInclude(again, { outcome: "repeated", status: 200, body: "OK" })
      const [row, ...others] = yield* rows
      assert.strictEqual(row?.deliveries, 2)
      assert.lengthOf(others, 0)
    }).pipe(Effect.provide(receiver))
  )

  it.effect("is not made to swallow a genuine message by a crafted one with the same signed text", () =>
    Effect.gen(function* () {
      const genuine = yield* signed({ ...trade(), customerRemark: "a" })
      const { data, ...envelope } = JSON.parse(genuine)
      const { customerRemark, ...rest } = data
      const moved = JSON.stringify({ ...envelope, customerRemark, data: rest })
      const padded = JSON.stringify({ ...envelope, data: { ...data, amountInCents: "" } })
      for (const crafted of [moved, padded]) {
        assert.strictEqual((yield* receive(crafted)).outcome, "kept")
      }
      assert.strictEqual((yield* receive(genuine)).outcome, "kept")
      assert.lengthOf(yield* rows, 3)
    }).pipe(Effect.provide(receiver))
  )

  it.effect("refuses a tampered message with 401, keeps it out of the inbox and in quarantine", () =>
    Effect.gen(function* () {
      const body = (yield* signed(trade())).replace("5700.00", "5700.01")
      const answer = yield* receive(body)
      assert.deepInclude(answer, { outcome: "signatureInvalid", status: 401 })
      assert.lengthOf(yield* rows, 0)
      const [entry] = yield* quarantined
      assert.strictEqual(entry?.reason, "Mismatch")
      assert.strictEqual(
        entry && new TextDecoder().decode(Redacted.value(Either.getOrThrow(entry.raw))),
        body
      )
    }).pipe(Effect.provide(receiver))
  )

  it.effect("refuses what is unsigned or signed with another key", () =>
    Effect.gen(function* () {
      const { sign: _, ...unsigned } = JSON.parse(yield* signed(trade()))
      const other = yield* signed(trade(), { signedWith: SigningKey.make("other", "another secret") })
      for (const body of [JSON.stringify(unsigned), other]) {
        assert.strictEqual((yield* receive(body)).status, 401)
      }
      assert.lengthOf(yield* rows, 0)
      assert.deepStrictEqual(
        (yield* quarantined).map(({ reason }) => reason),
        ["Mismatch", "SignMissing"]
      )
    }).pipe(Effect.provide(receiver))
  )

  it.effect("refuses a message for a merchant that is not ours, though its signature holds", () =>
    Effect.gen(function* () {
      for (const options of [{ merchantNo: "BU000000002" }, { merchantNo: "" }]) {
        const answer = yield* receive(yield* signed(trade(), options))
        assert.deepInclude(answer, { outcome: "unknownMerchant", status: 401 })
      }
      assert.lengthOf(yield* rows, 0)
      assert.deepStrictEqual(
        (yield* quarantined).map(({ reason }) => reason),
        ["UnknownMerchant", "UnknownMerchant"]
      )
    }).pipe(Effect.provide(receiver))
  )

  it.effect("refuses what is no readable message with 400 and a short reason, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const good = yield* signed(trade())
      const cases: ReadonlyArray<readonly [string | Uint8Array, string]> = [
        ["", "Syntax at position 0"],
        ["sign=abc&data=1", "Syntax at position 0"],
        ["[1]", "NotAnObject"],
        [good.slice(0, -1), "Syntax"],
        [good.replace("{", `{"sign":"0",`), "DuplicateKey"],
        [`{"__proto__":{}}`, "ForbiddenKey"],
        [`${"[".repeat(40)}${"]".repeat(40)}`, "TooDeep"],
        [new Uint8Array([0x7b, 0xff, 0x7d]), "InvalidUtf8"],
        [`\uFEFF${good}`, "ByteOrderMark"]
      ]
      for (const [body, reason] of cases) {
        const answer = yield* receive(body)
        assert.strictEqual(answer.status, 400)
        assert.include(answer.body, reason)
      }
      assert.lengthOf(yield* rows, 0)
      assert.lengthOf(yield* quarantined, 0)
    }).pipe(Effect.provide(receiver))
  )

  it.effect("refuses what is larger than the verifier's limit with 413", () =>
    Effect.gen(function* () {
      const answer = yield* receive(yield* signed(trade({ terminalMerchantName: "x".repeat(70_000) })))
      assert.deepInclude(answer, {
        outcome: "tooLarge",
        status: 413,
        body: "The body is larger than 65536 bytes."
      })
    }).pipe(Effect.provide(receiver))
  )

  it.effect("keeps an event type nobody knows, set aside, and answers OK", () =>
    Effect.gen(function* () {
      const answer = yield* receive(
        yield* signed({ cardId: "CD1", what: "new" }, { eventType: "CARD_STATUS" })
      )
      assert.deepInclude(answer, { outcome: "setAside", status: 200, body: "OK" })
      const [row] = yield* rows
      assert.deepInclude(row, { kind: "unknown", eventType: "CARD_STATUS", state: "set_aside" })
      assert.deepStrictEqual(row?.subject, { kind: "none", id: "" })
      const inbox = yield* Inbox.Inbox
      assert.lengthOf(yield* inbox.ready(10, 0), 0)
    }).pipe(Effect.provide(receiver))
  )

  it.effect(
    "keeps a known event type of an unknown shape, set aside with the field and without its value",
    () =>
      Effect.gen(function* () {
        const answer = yield* receive(yield* signed({ orderNo: "OR1", amount: "a lot" }))
        assert.deepInclude(answer, { outcome: "setAside", status: 200, body: "OK" })
        const [row] = yield* rows
        assert.deepInclude(row, { kind: "trade", eventType: "TRADE", state: "set_aside" })
        assert.include(row?.reason, "cardId is missing")
        assert.include(row?.reason, "amount")
        assert.notInclude(row?.reason, "a lot")
      }).pipe(Effect.provide(receiver))
  )

  it.effect("takes fields that were added since, and keeps them", () =>
    Effect.gen(function* () {
      const body = yield* signed({ ...trade(), settlementBatch: 20.5 }, { envelope: { region: "HK" } })
      assert.strictEqual((yield* receive(body)).outcome, "kept")
      const inbox = yield* Inbox.Inbox
      const [row] = yield* inbox.ready(1, 0)
      assert.strictEqual(row && new TextDecoder().decode(Redacted.value(Either.getOrThrow(row.raw))), body)
    }).pipe(Effect.provide(receiver))
  )

  it.effect("says which policy the signature held under when the vendor's rules leave it open", () =>
    Effect.gen(function* () {
      yield* receive(yield* signed({ ...trade(), eventType: "AUTH", extra: { a: 1 } }))
      const [row] = yield* rows
      assert.deepInclude(row, { nested: "omit", collision: "dataWins", kind: "trade", eventType: "TRADE" })
    }).pipe(Effect.provide(receiver))
  )

  it.effect("reads event types and the acknowledgement through the contract", () =>
    Effect.gen(function* () {
      const answer = yield* receive(
        yield* signed({ customerId: "C", auditState: 1 }, { eventType: "KYC_V2" })
      )
      assert.deepInclude(answer, { outcome: "kept", body: "success" })
      assert.strictEqual((yield* rows)[0]?.kind, "kyc")
    }).pipe(
      Effect.provide(
        Layer.provide(
          receiver,
          Contract.layer({ acknowledgement: "success", enums: { eventType: { KYC_V2: "kyc" } } })
        )
      )
    )
  )

  it.live("answers 503 and never OK while the database takes nothing, and recovers by itself", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryFolder, "yunmo.db")
      const services = yield* Layer.build(receiverOn(connection(filename), { retryAfter: "7 seconds" }))
      const other = yield* Layer.build(connection(filename))
      yield* Effect.gen(function* () {
        const body = yield* signed(trade())
        const refused = Effect.gen(function* () {
          const answer = yield* receive(body)
          assert.deepInclude(answer, { outcome: "unavailable", status: 503 })
          assert.strictEqual(answer.headers["Retry-After"], "7")
          assert.lengthOf(yield* rows, 0)
        })
        yield* query("PRAGMA query_only = ON")
        yield* refused
        yield* query("PRAGMA query_only = OFF")
        yield* query("BEGIN IMMEDIATE").pipe(Effect.provide(other))
        yield* refused
        yield* query("COMMIT").pipe(Effect.provide(other))
        yield* query("ALTER TABLE yunmo_inbox RENAME TO elsewhere")
        const answer = yield* receive(body)
        assert.strictEqual(answer.status, 503)
        yield* query("ALTER TABLE elsewhere RENAME TO yunmo_inbox")
        assert.strictEqual((yield* receive(body)).outcome, "kept")
        assert.lengthOf(yield* rows, 1)
      }).pipe(Effect.provide(services))
    }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))
  )

  it.effect("answers 401 even when the quarantine cannot be written", () =>
    Effect.gen(function* () {
      yield* query("DROP TABLE yunmo_quarantine")
      assert.strictEqual((yield* receive(`{"sign":"0"}`)).status, 401)
    }).pipe(Effect.provide(receiver))
  )

  it.effect("answers 503 when something breaks that nobody thought of", () =>
    Effect.gen(function* () {
      const answer = yield* receive("{}")
      assert.deepInclude(answer, { outcome: "unavailable", status: 503 })
    }).pipe(
      Effect.provide(
        Receiver.layer({ merchantNos: [merchantNo] }).pipe(
          Layer.provide(Layer.merge(Inbox.layer, Quarantine.layer())),
          Layer.provide(database),
          Layer.provide(Layer.succeed(Verifier.Verifier, { verify: () => Effect.die("a bug") }))
        )
      ),
      Logger.withMinimumLogLevel(LogLevel.None)
    )
  )

  it.effect("counts by outcome and kind, and by key", () =>
    Effect.gen(function* () {
      const count = (outcome: string, kind: string) =>
        Metric.value(
          Metric.taggedWithLabels(Receiver.received, [
            MetricLabel.make("outcome", outcome),
            MetricLabel.make("kind", kind)
          ])
        ).pipe(Effect.map((state) => state.count))
      const byKey = Effect.map(
        Metric.value(
          Metric.taggedWithLabels(Receiver.verifiedByKey, [
            MetricLabel.make("merchant", merchantNo),
            MetricLabel.make("key", "signing")
          ])
        ),
        (state) => state.count
      )
      const before = [
        yield* count("kept", "trade"),
        yield* count("repeated", "trade"),
        yield* count("unreadable", "none"),
        yield* byKey
      ]
      const body = yield* signed(trade())
      yield* Effect.forEach([body, body, body, "nonsense"], receive)
      const after = [
        yield* count("kept", "trade"),
        yield* count("repeated", "trade"),
        yield* count("unreadable", "none"),
        yield* byKey
      ]
      assert.deepStrictEqual(
        after.map((value, index) => value - (before[index] ?? 0)),
        [1, 2, 1, 3]
      )
    }).pipe(Effect.provide(receiver))
  )

  it.effect("logs one line for each message, without the secret and without a value of it", () => {
    const lines: Array<{
      readonly text: string
      readonly annotations: ReadonlyArray<readonly [string, unknown]>
    }> = []
    const logger = Logger.make<unknown, void>(({ annotations, message }) => {
      lines.push({ text: String(message), annotations: [...HashMap.toEntries(annotations)] })
    })
    return Effect.gen(function* () {
      // What the layers said when they started is not about a message.
      lines.length = 0
      const canary = "4111111111111111"
      const body = yield* signed(trade({ terminalMerchantName: canary, cardId: `CD-${canary}` }))
      yield* receive(body)
      yield* receive(body.replace("5700.00", "1.00"))
      yield* receive(`{"sign":"${canary}","${canary}":"${canary}"`)
      yield* receive(yield* signed({ orderNo: canary, cardId: [canary] }))
      yield* receive(yield* signed({ note: canary }, { eventType: "NEW" }))
      assert.deepStrictEqual(
        lines.map(({ text }) => text),
        [
          "Notification: kept",
          "Notification: signatureInvalid",
          "Notification: unreadable",
          "Notification: setAside",
          "Notification: setAside"
        ]
      )
      const printed = JSON.stringify(lines)
      assert.notInclude(printed, canary)
      assert.notInclude(printed, secret)
      const [kept] = lines
      assert.includeDeepMembers(
        [...(kept?.annotations ?? [])],
        [
          ["event", "notification"],
          ["outcome", "kept"],
          ["status", 200],
          ["kind", "trade"],
          ["merchantNo", merchantNo],
          ["keyId", "signing"],
          ["bytes", bytes(body).byteLength]
        ]
      )
    }).pipe(
      Logger.withMinimumLogLevel(LogLevel.Debug),
      Effect.provide(receiver),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
  })

  it.effect("says at the usual level what is out of the ordinary, and not each message that is kept", () => {
    const texts: Array<string> = []
    const logger = Logger.make<unknown, void>(({ message }) => {
      texts.push(String(message))
    })
    return Effect.gen(function* () {
      texts.length = 0
      const body = yield* signed(trade())
      yield* receive(body)
      yield* receive(body)
      assert.deepStrictEqual(texts, ["Notification: repeated"])
    }).pipe(Effect.provide(receiver), Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })
})
