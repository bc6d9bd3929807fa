/** What an operator does beside the running programs: looks, mends, and takes up again what was set aside. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Testing from "@effect-yunmo/signing/Testing"
import * as Child from "@effect-yunmo/test-support/Child"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Apps from "../src/Apps.js"
import * as Database from "../src/Database.js"
import * as Message from "../src/Message.js"
import { eventually, query } from "./support.js"

const signed = (eventType: string, data: JsonObject, secret = Message.secret) =>
  Either.getOrThrow(Testing.notification({ secret, merchantNo: Message.merchantNo, eventType, data })).text

const trade = {
  orderNo: "OR1",
  cardId: "CD1",
  subType: "AUTHORIZATION",
  status: "SUCCESS",
  amount: "20.00",
  currency: "USD"
}
const { cardId: _, ...withoutCard } = trade

const pan = "4111111111111111"
const added = signed("TRADE", { ...trade, loyaltyCard: pan, terminalMerchantName: `Shop ${pan}` })
const unknownType = signed("CARD_TRADE", { ...trade, orderNo: "OR2", cardId: "CD2" })
const renamed = signed("TRADE", { ...withoutCard, orderNo: "OR3", card: "CD3" })
const otherKey = "the key after the change"

const post = (port: number, body: string) =>
  Effect.promise(async () => {
    const response = await fetch(Apps.webhookUrl(port), { method: "POST", body })
    return `${response.status} ${await response.text()}`
  })

/** Encrypted at rest where the database is another machine's. */
const atRest = { YUNMO_AT_REST_KEYS: `2026-11:${"5a".repeat(32)}` }

const databases = [
  { name: "SQLite", open: Effect.map(Folder.temporary, Database.sqlite), settings: {} },
  {
    name: "PostgreSQL, encrypted",
    open: Effect.flatMap(Postgres.server, (server) =>
      Effect.map(Postgres.freshDatabase(server.urlOf("postgres")), Database.postgres)
    ),
    settings: atRest
  }
]

describe.each(databases)("yunmo inbox beside a webhook and a worker on $name", ({ name, open, settings }) => {
  it.scopedLive(
    "an unknown type and an unknown field are kept, shown, and replayed once the contract is mended",
    () =>
      Effect.gen(function* () {
        const folder = yield* Folder.temporary
        const database = yield* open
        const [port, vendor] = [yield* Port.lasting, yield* Port.lasting]
        const contract = join(folder, "contract.json")
        const inbox = (words: string, env: Record<string, string> = {}) =>
          Effect.gen(function* () {
            const args = words.split(" ").map((word) => word.replace("_", " "))
            const { code, stderr, stdout } = yield* (yield* Child.start(
              Apps.inbox({ database, args, env: { ...settings, ...env } })
            )).ended
            console.log(`$ yunmo inbox ${words}\n${stderr}${stdout}-> ${code}`)
            assert.notInclude(stdout + stderr, Message.secret)
            return { code, stdout, stderr }
          })
        const states = Effect.map(
          query<{ readonly order: string }>(
            database,
            "SELECT id || ' ' || kind || ' ' || state AS \"order\" FROM yunmo_inbox ORDER BY id"
          ),
          (rows) => rows.map(({ order }) => order)
        )

        // Nothing there yet, and looking makes nothing.
        assert.strictEqual((yield* inbox("stats")).code, 2)

        yield* Apps.start(Apps.sandbox({ port: vendor, seed: 1 }))
        const first = yield* Effect.all([
          Apps.start(Apps.webhook({ database, port, env: settings })),
          Apps.start(Apps.worker({ database, vendor: `http://127.0.0.1:${vendor}`, env: settings }))
        ])
        assert.strictEqual(yield* post(port, added), "200 OK")
        assert.strictEqual(yield* post(port, unknownType), "200 OK")
        assert.strictEqual(yield* post(port, renamed), "200 OK")
        assert.match(yield* post(port, signed("TRADE", { ...trade, orderNo: "OR4" }, otherKey)), /^401/)
        yield* eventually(Effect.map(states, ([row]) => row === "1 trade handled"))
        assert.deepStrictEqual(yield* states, ["1 trade handled", "2 unknown set_aside", "3 trade set_aside"])

        const list = yield* inbox("list")
        assert.match(list.stdout, /set_aside {2}unknown .*does not know this event type/)
        assert.match(list.stdout, /set_aside {2}trade .*cardId/)
        if (name !== "SQLite") {
          // Without the key at rest a row is shown, and its message is not.
          const sealed = yield* inbox("show 1", { YUNMO_AT_REST_KEYS: `2026-12:${"77".repeat(32)}` })
          assert.match(sealed.stdout, /encrypted with the key "2026-11", which is not configured/)
          assert.notInclude(sealed.stdout, "OR1")
        }
        // What nobody knows is not shown, nor a card number in what is known.
        const show = yield* inbox("show 1")
        assert.match(show.stdout, /"loyaltyCard": "<hidden>"/)
        assert.notInclude(show.stdout, pan)
        assert.include((yield* inbox("show 1 --raw")).stdout, pan)
        assert.match((yield* inbox("show 2")).stdout, /CARD_TRADE/)
        assert.strictEqual((yield* inbox("show 77")).code, 1)
        const before = yield* inbox("replay --all --dry-run")
        assert.deepInclude(before, { code: 1 })
        assert.match(before.stdout, /0 rows of 2 would be replayed/)
        assert.deepInclude(yield* inbox("replay --all"), { code: 1 })

        const corrections = {
          enums: { eventType: { KYC: "kyc", _3DS: "threeDs", TRADE: "trade", CARD_TRADE: "trade" } },
          fields: { TradeNotification: { cardId: "card" } }
        }
        writeFileSync(contract, JSON.stringify({ ...corrections, fields: undefined }))
        assert.match(
          (yield* inbox(`replay --all --dry-run --contract ${contract}`)).stdout,
          /1 row of 2 would be replayed/
        )
        // Nobody is asked where there is no terminal.
        const unasked = yield* inbox(`replay --all --contract ${contract}`)
        assert.strictEqual(unasked.code, 2)
        assert.match(unasked.stderr, /--yes/)

        // The programs read the contract when they start.
        for (const child of first) {
          yield* child.end("SIGTERM")
        }
        const env = { ...settings, YUNMO_CONTRACT_FILE: contract, YUNMO_ACCEPTED_SECRET_KEYS: otherKey }
        yield* Apps.start(Apps.webhook({ database, port, env }))
        const worker = yield* Apps.start(Apps.worker({ database, vendor: `http://127.0.0.1:${vendor}`, env }))
        const one = yield* inbox("replay --all --yes --by maria", env)
        assert.strictEqual(one.code, 1)
        assert.match(one.stdout, /1 row of 2 is pending again\. 1 row stays set aside/)
        yield* eventually(Effect.map(states, (rows) => rows[1] === "2 trade handled"))
        assert.match(
          (yield* inbox("show 2", env)).stdout,
          /replayed +\S+ by maria, was: The contract does not know/
        )

        // A field that was renamed: the same, with the worker that knows both names away while it happens.
        yield* worker.end("SIGTERM")
        writeFileSync(contract, JSON.stringify(corrections))
        yield* Apps.start(Apps.worker({ database, vendor: `http://127.0.0.1:${vendor}`, env }))
        const all = yield* inbox("replay --reason cardid --yes --json", env)
        assert.deepStrictEqual(
          [all.code, JSON.parse(all.stdout)],
          [0, { found: 1, replayed: 1, unreadable: 0, unknownKind: 0, sealed: 0, gone: 0 }]
        )
        yield* eventually(Effect.map(states, (rows) => rows[2] === "3 trade handled"))

        // A key was mended: what was refused with it moves into the inbox, and the worker is woken.
        writeFileSync(contract, "{}")
        assert.match(
          (yield* inbox("recheck --dry-run", env)).stdout,
          /genuine, signed with accepted-1: trade/
        )
        assert.match((yield* inbox("recheck", env)).stdout, /^1 message of 1 was moved into the inbox/)
        assert.match((yield* inbox("recheck", env)).stdout, /^0 messages of 0/)
        assert.strictEqual((yield* states)[3]?.slice(0, 7), "4 trade")
        const events = yield* query<{ readonly order_no: string }>(
          database,
          "SELECT DISTINCT order_no FROM yunmo_transaction_events ORDER BY order_no"
        )
        assert.deepStrictEqual(
          events.slice(0, 3).map(({ order_no }) => order_no),
          ["OR1", "OR2", "OR3"]
        )

        const stats = yield* inbox("stats")
        assert.match(stats.stdout, /handled +trade +\d/)
        assert.match(stats.stdout, /replayed +2 times/)
        assert.match(
          (yield* inbox("prune --older-than 0_seconds --delete --yes")).stdout,
          /^[34] rows were deleted/
        )
      })
  )
})
