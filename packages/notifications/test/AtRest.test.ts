import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as AtRest from "../src/AtRest.js"
import * as Inbox from "../src/Inbox.js"
import * as InboxRow from "../src/InboxRow.js"
import * as Quarantine from "../src/Quarantine.js"
import { bytes, connection, dialects, newRow, query, temporaryFolder } from "./support.js"

const hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
const base64 = Encoding.encodeBase64(new Uint8Array(32).fill(7))
const first = { id: "2026-11", key: Redacted.make(hex) }
const second = { id: "2027-01", key: Redacted.make(base64) }

const of = (...keys: ReadonlyArray<AtRest.Key>) => Either.getOrThrow(AtRest.make({ keys }))
const owner = { merchantNo: "BU1", fingerprint: new Uint8Array(32).fill(1) }

describe("AtRest.make", () => {
  it.prop("opens what it sealed, and never seals alike twice", [FastCheck.uint8Array()], ([message]) => {
    const atRest = of(first)
    const sealed = atRest.seal(message, owner)
    assert.deepStrictEqual(new Uint8Array(Either.getOrThrow(atRest.open(sealed, owner))), message)
    assert.notDeepEqual(atRest.seal(message, owner).bytes, sealed.bytes)
  })

  it("opens nothing that was changed, moved, cut or put under another key of the same id", () => {
    const atRest = of(first)
    const sealed = atRest.seal(bytes("secret"), owner)
    const problem = (opened: Either.Either<unknown, { readonly problem: string }>) =>
      Either.getOrThrow(Either.flip(opened)).problem
    const flipped = sealed.bytes.map((byte, at) => (at === 14 ? byte ^ 1 : byte))
    assert.strictEqual(problem(atRest.open({ ...sealed, bytes: flipped }, owner)), "Damaged")
    assert.strictEqual(
      problem(atRest.open({ ...sealed, bytes: sealed.bytes.subarray(0, 5) }, owner)),
      "Damaged"
    )
    assert.strictEqual(problem(atRest.open(sealed, { ...owner, merchantNo: "BU2" })), "Damaged")
    const other = { ...owner, fingerprint: new Uint8Array(32).fill(2) }
    assert.strictEqual(problem(atRest.open(sealed, other)), "Damaged")
    assert.strictEqual(problem(of({ ...second, id: first.id }).open(sealed, owner)), "Damaged")
    assert.strictEqual(problem(of(second).open(sealed, owner)), "KeyMissing")
  })

  it("says what is wrong with a key, and does not show it", () => {
    const problem = (...keys: ReadonlyArray<AtRest.Key>) =>
      Either.getOrThrow(Either.flip(AtRest.make({ keys }))).message
    assert.include(problem(), "none was given")
    assert.include(problem(first, { ...second, id: first.id }), `two keys have the id "2026-11"`)
    assert.include(problem({ ...first, id: "a b" }), "1 to 64 letters")
    for (const wrong of [
      "",
      hex.slice(2),
      `${hex}00`,
      "hunter2-hunter2",
      Encoding.encodeBase64(new Uint8Array(31))
    ]) {
      const message = problem({ id: "k", key: Redacted.make(wrong) })
      assert.include(message, `the key "k" is neither 64 hex digits nor Base64 of 32 bytes`)
      assert.isTrue(wrong === "" || !message.includes(wrong))
    }
  })
})

describe("AtRest.layerConfig", () => {
  const read = (setting: string) =>
    Effect.gen(function* () {
      return (yield* AtRest.AtRest).keyId
    }).pipe(
      Effect.provide(AtRest.layerConfig(Config.redacted("KEYS"))),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["KEYS", setting]]))),
      Effect.either
    )

  it.effect("reads one key or several, the first of which encrypts", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(`a:${hex}`), Either.right("a"))
      assert.deepStrictEqual(yield* read(` b:${base64} , a:${hex},`), Either.right("b"))
    })
  )

  it.effect("fails without quoting what it was given", () =>
    Effect.gen(function* () {
      for (const wrong of [hex, `a:${hex.slice(1)}`, "", `a:${hex},a:${base64}`]) {
        const error = Either.getOrThrow(Either.flip(yield* read(wrong)))
        assert.include(error.message, "cannot be encrypted with these keys")
        assert.notInclude(error.message, hex.slice(1, 20))
      }
    })
  )
})

const canaries = ["4111111111111111", "canary-holder-name", "canary-forged"]

/** Every file in a folder, as the bytes lie on the disk. */
const onDisk = (folder: string) =>
  Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))

const plant = Effect.gen(function* () {
  const inbox = yield* Inbox.Inbox
  const quarantine = yield* Quarantine.Quarantine
  const raw = Redacted.make(bytes(`{"pan":"${canaries[0]}","name":"${canaries[1]}"}`))
  const { id } = yield* inbox.keep(newRow(1, { raw }))
  yield* inbox.keep(newRow(2, { raw }))
  yield* inbox.markHandled(id)
  yield* inbox.prune({ handledBefore: Number.MAX_SAFE_INTEGER, limit: 10, archive: true })
  yield* quarantine.put(Redacted.make(bytes(`{"x":"${canaries[2]}"}`)), "Mismatch")
})

const both = Layer.merge(Inbox.layer, Quarantine.layer())

describe("on the disk", () => {
  it.scopedLive("no page of SQLite and no frame of its log has what a message says", () =>
    Effect.gen(function* () {
      for (const [layer, expected] of [
        [AtRest.layer({ keys: [first] }), false],
        [Layer.empty, true]
      ] as const) {
        const folder = yield* temporaryFolder
        yield* Effect.gen(function* () {
          yield* plant
          const withLog = onDisk(folder)
          yield* query("PRAGMA wal_checkpoint(TRUNCATE)")
          const pages = onDisk(folder)
          for (const canary of canaries) {
            // Without a key they are found: so the search finds what is there.
            assert.strictEqual(withLog.includes(canary), expected)
            assert.strictEqual(pages.includes(canary), expected)
          }
        }).pipe(
          Effect.provide(
            both.pipe(Layer.provide(layer), Layer.provideMerge(connection(join(folder, "yunmo.db"))))
          )
        )
      }
    })
  )
})

describe.each(dialects)("rows on $name", ({ database }) => {
  it.scopedLive("no page of a table and no file of the log has what a message says", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
      yield* Effect.provide(plant, both.pipe(Layer.provide(AtRest.layer({ keys: [first] }))))
      const tables = ["yunmo_inbox", "yunmo_inbox_archive", "yunmo_quarantine"]
      if (isPostgres) {
        yield* sql`CHECKPOINT`
        for (const table of tables) {
          const files = yield* sql<{ readonly bytes: Buffer }>`
            SELECT pg_read_binary_file(pg_relation_filepath(${table}::regclass)) AS bytes
            UNION ALL SELECT pg_read_binary_file('pg_wal/' || name) FROM pg_ls_waldir()
            WHERE name ~ '^[0-9A-F]{24}$' AND modification > now() - interval '1 minute'`
          const all = Buffer.concat(files.map((file) => file.bytes))
          assert.isAbove(all.length, 0)
          assert.isTrue(all.includes("BU078255558") || table === "yunmo_quarantine")
          for (const canary of canaries) {
            assert.isFalse(all.includes(canary))
          }
        }
      }
      for (const table of tables) {
        const ciphers = yield* sql`SELECT raw_cipher FROM ${sql(table)} WHERE length(raw) > 0`
        assert.deepStrictEqual(
          [...new Set(ciphers.map((row) => JSON.stringify(row)))],
          [`{"raw_cipher":"A256GCM:2026-11"}`]
        )
      }
    }).pipe(Effect.provide(database))
  )

  it.live("are read with the key of their time after a rotation, and name it when it is gone", () =>
    Effect.gen(function* () {
      const using = <A, E>(
        keys: ReadonlyArray<AtRest.Key>,
        effect: Effect.Effect<A, E, Inbox.Inbox | Quarantine.Quarantine>
      ) =>
        Effect.provide(
          effect,
          both.pipe(Layer.provide(keys.length === 0 ? Layer.empty : AtRest.layer({ keys })))
        )
      const text = (row: Pick<InboxRow.Row, "raw">) =>
        Either.match(row.raw, {
          onLeft: ({ keyId, problem }) => `${problem} ${keyId}`,
          onRight: (raw) => new TextDecoder().decode(Redacted.value(raw))
        })
      const keep = (n: number) =>
        Effect.gen(function* () {
          yield* (yield* Inbox.Inbox).keep(newRow(n))
          yield* (yield* Quarantine.Quarantine).put(Redacted.make(bytes(`q${n}`)), "Mismatch")
        })
      const read = Effect.gen(function* () {
        const rows = yield* (yield* Inbox.Inbox).ready(10, 0)
        const entries = yield* (yield* Quarantine.Quarantine).list(10)
        return [...rows.map(text), ...entries.map(text).reverse()]
      })
      yield* using([], keep(1))
      yield* using([first], keep(2))
      yield* using([second, first], keep(3))
      const all = [`{"n":1}`, `{"n":2}`, `{"n":3}`, "q1", "q2", "q3"]
      assert.deepStrictEqual(yield* using([second, first], read), all)
      assert.deepStrictEqual(yield* using([first, second], read), all)
      assert.deepStrictEqual(
        yield* using([second], read),
        all.map((one) => (one.includes("2") ? "KeyMissing 2026-11" : one))
      )
      const sealed = yield* using(
        [],
        Effect.gen(function* () {
          const [, row] = yield* (yield* Inbox.Inbox).ready(10, 0)
          return yield* Effect.flip(InboxRow.decode(row ?? assert.fail("no row")))
        })
      )
      assert.include(sealed.message, `encrypted with the key "2026-11", which is not configured`)
      assert.isTrue(
        Option.isSome(
          yield* using(
            [],
            Effect.flatMap(Inbox.Inbox, (inbox) => inbox.get(2))
          )
        )
      )
    }).pipe(Effect.provide(database))
  )
})
