import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import * as Program from "@effect-yunmo/node/Program"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Merchants from "@effect-yunmo/notifications/Merchants"
import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
import * as Receiver from "@effect-yunmo/notifications/Receiver"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Testing from "@effect-yunmo/signing/Testing"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { answered } from "../src/internal/inboxProgram.js"

const merchantNo = "BU078255558"
const secret = "kR8sVq2LxT0pWz5N"
const pan = "4111 1111 1111 1111"

const timeout = 60_000

const ask = (filename: string, words: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  answered(words).pipe(
    Effect.withConfigProvider(
      Program.environment({
        YUNMO_DATABASE: filename,
        YUNMO_MERCHANT_NO: merchantNo,
        YUNMO_SECRET_KEY: secret,
        ...env
      })
    ),
    Effect.provide(NodeContext.layer)
  )

const refused = (filename: string, words: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  Effect.flip(ask(filename, words, env))

const message = (eventType: string, data: JsonObject, signedWith = secret) =>
  Either.getOrThrow(Testing.notification({ secret: signedWith, merchantNo, eventType, data })).text

const trade = (n: number, more: JsonObject = {}) =>
  message("TRADE", { orderNo: `OR${n}`, cardId: `CD${n}`, amount: "20.00", currency: "USD", ...more })

/** A database as a webhook leaves it that got these. */
const received = (filename: string, bodies: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.Receiver
    for (const body of bodies) {
      yield* receiver.receive(Buffer.from(body))
    }
  }).pipe(
    Effect.provide(
      Receiver.layerMerchants().pipe(
        Layer.provide(
          Layer.unwrapEffect(
            Effect.map(KeyRing.make({ signing: SigningKey.make("signing", secret) }), (keyRing) =>
              Merchants.layer([{ merchantNo, keyRing }])
            )
          )
        ),
        Layer.provide(Layer.merge(Inbox.layer, Quarantine.layer())),
        Layer.provide(Sqlite.layer({ filename }))
      )
    ),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

const file = Effect.map(Folder.temporary, (folder) => join(folder, "yunmo.db"))

describe("yunmo inbox", () => {
  it.scopedLive(
    "says in a sentence what is wrong with the database, and does not touch it",
    () =>
      Effect.gen(function* () {
        const filename = yield* file
        const missing = yield* refused(filename, ["stats"])
        assert.strictEqual(missing.code, "NoDatabase")
        assert.strictEqual(
          missing.sentence,
          `The database ${filename} cannot be opened: there is no such file; set YUNMO_DATABASE to the file of the webhook and the worker.`
        )
        assert.isFalse(existsSync(filename))

        writeFileSync(filename, "something else that is no database, and longer than its header would be")
        assert.strictEqual((yield* refused(filename, ["list"])).code, "NotAnInbox")
        assert.match(readFileSync(filename, "utf8"), /^something else/)

        const other = `${filename}-other`
        yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE theirs (a TEXT)`).pipe(
          Effect.provide(SqliteClient.layer({ filename: other, disableWAL: true }))
        )
        const before = readFileSync(other)
        for (const words of [["list"], ["replay", "--all", "--yes"], ["recheck"]]) {
          assert.strictEqual((yield* refused(other, words)).code, "NotAnInbox", words.join(" "))
        }
        assert.deepStrictEqual(readFileSync(other), before)

        const server = yield* refused("postgres://yunmo:hunter2@127.0.0.1:1/yunmo", ["stats"])
        assert.deepInclude(server, { code: "DatabaseUnavailable", exitCode: 3 })
        assert.notInclude(server.sentence, "hunter2")
        const unset = yield* refused(" ", ["stats"])
        assert.match(unset.sentence, /YUNMO_DATABASE is not set/)
      }),
    timeout
  )

  it.scopedLive(
    "says that the database is busy while another process holds it, and works again after",
    () =>
      Effect.gen(function* () {
        const filename = yield* file
        yield* received(filename, [message("TRADE", { orderNo: "OR1", card: "CD1" })])
        const contract = join(filename, "..", "contract.json")
        writeFileSync(contract, '{"fields":{"TradeNotification":{"cardId":"card"}}}')
        const replay = ["replay", "--all", "--yes", "--contract", contract]
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const connection = yield* sql.reserve
          yield* connection.executeUnprepared("BEGIN IMMEDIATE", [], undefined)
          const busy = yield* refused(filename, replay)
          assert.deepInclude(busy, { code: "DatabaseBusy", exitCode: 3 })
          // Whoever only looks is not kept waiting.
          assert.strictEqual((yield* ask(filename, ["list"])).exitCode, 0)
          yield* connection.executeUnprepared("ROLLBACK", [], undefined)
        }).pipe(Effect.scoped, Effect.provide(Sqlite.layer({ filename })))
        assert.deepInclude(yield* ask(filename, replay), { exitCode: 0 })
      }),
    timeout
  )

  it.scopedLive(
    "lists and shows rows without their secrets, and with them only when told",
    () =>
      Effect.gen(function* () {
        const filename = yield* file
        yield* received(filename, [
          trade(1, { terminalMerchantName: `Shop ${pan}`, newField: "N-1" }),
          message("_3DS", {
            authId: "A1",
            cardId: "CD1",
            cardPan: "411111******1111",
            expireTimeStamp: "1999999999000"
          }),
          message("LOYALTY", { holder: "Maria Silva", 4111111111111111: "x" })
        ])
        const list = yield* ask(filename, ["list", "--limit", "2"])
        assert.deepStrictEqual(list.notes, ["There may be more: --before 2 shows the next."])
        assert.match(list.text, /^id +received +state/)
        const next = yield* ask(filename, ["list", "--before", "2", "--json"])
        assert.deepInclude((next.json as ReadonlyArray<object>)[0], {
          id: 1,
          kind: "trade",
          state: "pending"
        })
        const aside = yield* ask(filename, ["list", "--state", "set_aside", "--kind", "unknown"])
        assert.match(aside.text, /3 .*set_aside +unknown/)
        assert.match((yield* ask(filename, ["list", "--state", "handled"])).text, /There are no such rows/)

        for (const [id, isHidden, names] of [
          [1, /Shop|N-1|4111/, /"newField": "<hidden>"/],
          [2, /411111/, /"cardPan": "<hidden>"/],
          [3, /Maria|4111/, /"eventType": "LOYALTY"/]
        ] as const) {
          const shown = yield* ask(filename, ["show", `${id}`])
          const json = JSON.stringify((yield* ask(filename, ["show", `${id}`, "--json"])).json)
          assert.notMatch(shown.text, isHidden)
          assert.notMatch(json, isHidden)
          assert.notInclude(json, '"raw":"')
          assert.match(shown.text, names)
          assert.match(shown.text, /"sign": "<hidden>"/)
          const raw = yield* ask(filename, ["show", `${id}`, "--raw"])
          assert.match(raw.text, isHidden)
          assert.match(raw.notes?.join("") ?? "", /card and identity data/)
        }
        const none = yield* refused(filename, ["show", "99"])
        assert.deepInclude(none, { code: "NoSuchRow", exitCode: 1 })
      }),
    timeout
  )

  it.scopedLive("refuses what does not fit, and repeats nothing that may be a secret", () =>
    Effect.gen(function* () {
      const filename = yield* file
      for (const [words, sentence] of [
        [["tidy"], /no action tidy/],
        [["show"], /Name the id of a row/],
        [["show", "hunter2"], /Name the id of a row/],
        [["list", "--state", "lost"], /--state expects pending, handled or set_aside/],
        [["list", "--limit", "0"], /--limit expects a number from 1 on/],
        [["replay", "--yes"], /Say which rows: --id, --all, /],
        [["replay", "--all", "--kind", "kyc"], /--all stands alone/],
        [["replay", "--older-than", "soon"], /--older-than expects a duration/],
        [["prune", "--older-than", "1 day"], /Give one of --archive, --delete/],
        [["prune", "--delete"], /--older-than is missing/]
      ] as const) {
        const { code, sentence: said } = yield* refused(filename, words)
        assert.strictEqual(code, "Usage", words.join(" "))
        assert.match(said, sentence)
        assert.notInclude(said, "hunter2")
      }
      for (const name of ["list", "show", "stats", "replay", "recheck", "prune"]) {
        assert.match((yield* ask(filename, [name, "--help"])).text, new RegExp(`^yunmo inbox ${name}`))
      }
    })
  )

  it.scopedLive(
    "asks before it changes anything, and where nobody can be asked wants to be told",
    () =>
      Effect.gen(function* () {
        const filename = yield* file
        yield* received(filename, [message("CARD", { orderNo: "OR1", cardId: "CD1" }), message("ART", {})])
        const contract = join(filename, "..", "contract.json")
        writeFileSync(contract, '{"enums":{"eventType":{"TRADE":"trade","CARD":"trade"}}}')
        const options = ["--contract", contract]
        const refusal = yield* refused(filename, ["replay", "--all", ...options])
        assert.strictEqual(refusal.code, "NotConfirmed")
        assert.deepInclude(yield* ask(filename, ["replay", "--all", "--dry-run", "--json", ...options]), {
          exitCode: 1
        })
        const plan = yield* ask(filename, ["replay", "--id", "1", "--dry-run", ...options])
        assert.deepInclude(plan.json, { dryRun: true, found: 1, forecasts: { Replayable: 1 } })
        assert.strictEqual(plan.exitCode, 0)
        const done = yield* ask(filename, [
          "replay",
          "--reason",
          "event type",
          "--yes",
          "--by",
          "maria",
          ...options
        ])
        assert.deepInclude(done, {
          exitCode: 1,
          json: { found: 2, replayed: 1, unreadable: 0, unknownKind: 1, sealed: 0, gone: 0 }
        })
        assert.match((yield* ask(filename, ["show", "1"])).text, /replayed +\S+ by maria/)
        assert.deepInclude(yield* ask(filename, ["replay", "--id", "1", "--yes", ...options]), {
          exitCode: 1
        })
        const stats = yield* ask(filename, ["stats"])
        assert.match(stats.text, /pending +trade +1\n/)
        assert.match(stats.text, /1 {2}unknown {2}The contract does not know this event type\./)
        assert.match(stats.text, /replayed +1 time\n/)
      }),
    timeout
  )

  it.scopedLive(
    "rechecks under the keys of the settings, from a file of merchants too",
    () =>
      Effect.gen(function* () {
        const filename = yield* file
        const other = "the key after the change"
        yield* received(filename, [message("KYC", { customerId: "C1", auditState: 1 }, other), trade(1)])
        const before = yield* ask(filename, ["recheck", "--dry-run"])
        assert.match(before.text, /stays: Mismatch\n0 messages of 1 would be moved/)
        const merchants = join(filename, "..", "merchants.json")
        writeFileSync(
          merchants,
          JSON.stringify({ merchants: [{ merchantNo, secretKeys: [secret, other] }] }),
          { mode: 0o600 }
        )
        const done = yield* ask(filename, ["recheck"], { YUNMO_MERCHANTS_FILE: merchants })
        assert.deepInclude(done.json, { found: 1, moved: 1 })
        assert.match((yield* ask(filename, ["list"])).text, /\n3? ?2 .*kyc/)
        const wrong = yield* refused(filename, ["recheck"], { YUNMO_MERCHANTS_FILE: `${merchants}-not` })
        assert.deepInclude(wrong, { code: "SettingInvalid" })
      }),
    timeout
  )

  it.scopedLive(
    "prunes what was handled, after it has told how many",
    () =>
      Effect.gen(function* () {
        const filename = yield* file
        yield* received(filename, [trade(1), trade(2), trade(3), message("ART", {})])
        yield* Effect.flatMap(Inbox.Inbox, (inbox) => inbox.markHandledAll([1, 2])).pipe(
          Effect.provide(Inbox.layer),
          Effect.provide(Logger.remove(Logger.defaultLogger)),
          Effect.provide(Sqlite.layer({ filename }))
        )
        const words = ["prune", "--older-than", "0 seconds", "--archive"]
        assert.deepInclude((yield* ask(filename, [...words, "--dry-run"])).json, { rows: 2 })
        assert.strictEqual((yield* refused(filename, words)).code, "NotConfirmed")
        const one = yield* ask(filename, [...words, "--limit", "1", "--yes"])
        assert.deepInclude(one.json, { rows: 1, isMoreLeft: true })
        assert.deepInclude((yield* ask(filename, [...words, "--yes"])).json, { rows: 1, isMoreLeft: false })
        const left = (yield* ask(filename, ["list", "--json"])).json as ReadonlyArray<{ readonly id: number }>
        assert.deepStrictEqual(
          left.map(({ id }) => id),
          [4, 3]
        )
        assert.deepInclude((yield* ask(filename, words)).json, { rows: 0 })
      }),
    timeout
  )
})
