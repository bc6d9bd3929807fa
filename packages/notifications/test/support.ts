import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import type {} from "@effect-yunmo/test-support/postgresSetup"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inject } from "vitest"
import * as Inbox from "../src/Inbox.js"
import type { NewRow } from "../src/InboxRow.js"
import * as Merchants from "../src/Merchants.js"
import * as Quarantine from "../src/Quarantine.js"
import * as Receiver from "../src/Receiver.js"

export const merchantNo = "BU078255558"
export const secret = "kR8sVq2LxT0pWz5N"
export const key = SigningKey.make("signing", secret)

/** A folder that is gone when the scope closes. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "yunmo-notifications-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** A connection as the apps open it: a short wait for another's lock. */
export const connection = (filename: string) =>
  Layer.effectDiscard(
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe("PRAGMA busy_timeout = 20"))
  ).pipe(Layer.provideMerge(SqliteClient.layer({ filename })))

/** A database in a file of its own. */
export const database = Layer.unwrapScoped(
  Effect.map(temporaryFolder, (folder) => connection(join(folder, "yunmo.db")))
)

/** A database of its own on the PostgreSQL of this run. */
const postgresDatabase = Layer.unwrapScoped(
  Effect.map(Postgres.freshDatabase(inject("postgresUrl")), (url) =>
    PgClient.layer({ url: Redacted.make(url) })
  )
)

/** What both kinds of database have to do alike. */
export const dialects = [
  { name: "SQLite", database: Layer.orDie(database) },
  { name: "PostgreSQL", database: Layer.orDie(postgresDatabase) }
]

/** Everything a receiver needs, on one file. */
export const receiverOn = <E, R>(
  sql: Layer.Layer<SqlClient.SqlClient, E, R>,
  options: Partial<Receiver.Options> = {},
  quarantine: Quarantine.Options = {}
) =>
  Receiver.layer({ merchantNos: [merchantNo], ...options }).pipe(
    Layer.provideMerge(Layer.merge(Inbox.layer, Quarantine.layer(quarantine))),
    Layer.provide(Verifier.layer),
    Layer.provide(KeyRing.layer({ signing: key })),
    Layer.provideMerge(sql)
  )

export const receiver = receiverOn(database)

export const otherMerchantNo = "BU000000002"
export const otherKey = SigningKey.make("other", "Zt7cYb4NfJ9mQe1H")

/** Two merchants with keys of their own. */
export const merchantsOfTwo = Effect.map(
  Effect.all([KeyRing.make({ signing: key }), KeyRing.make({ signing: otherKey })]),
  ([ours, theirs]) => [
    { merchantNo, keyRing: ours },
    { merchantNo: otherMerchantNo, keyRing: theirs }
  ]
)

/** A receiver for two merchants, on a file of its own. */
export const receiverOfTwo = Receiver.layerMerchants().pipe(
  Layer.provideMerge(Layer.merge(Inbox.layer, Quarantine.layer())),
  Layer.provideMerge(Merchants.layerEffect(merchantsOfTwo)),
  Layer.provideMerge(database)
)

/** `data` of a transaction with the fields of the vendor's sample (VENDOR 6.4) that are not null. */
export const trade = (overrides: JsonObject = {}): JsonObject => ({
  orderNo: "OR17719241",
  subOrderNo: "SU17719242",
  cardId: "CDAU079126648V01",
  subType: "AUTHORIZATION",
  status: "SUCCESS",
  amount: "5700.00",
  currency: "PHP",
  fxFee: "0.0000",
  eventTime: "2026-02-10 16:11:36",
  terminalMerchantName: "H&M = fine",
  terminalMerchantCity: null,
  ...overrides
})

export interface Sent {
  readonly eventType?: string
  readonly merchantNo?: string
  readonly envelope?: JsonObject
  readonly signedWith?: SigningKey.SigningKey
}

/** A notification as the vendor would send it, signed. */
export const signed = (data: JsonObject, options: Sent = {}) =>
  Signer.signWith(options.signedWith ?? key, {
    envelope: {
      merchantNo: options.merchantNo ?? merchantNo,
      version: "v1.0",
      eventType: options.eventType ?? "TRADE",
      eventName: "trade",
      ...options.envelope
    },
    data,
    collision: "dataWins",
    nested: "omit"
  }).pipe(Effect.map(({ body }) => Redacted.value(body)))

const encoder = new TextEncoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)

/** A row to keep, told apart from others by `n`. */
export const newRow = (n: number, overrides: Partial<NewRow> = {}): NewRow => ({
  merchantNo,
  fingerprint: new Uint8Array(32).fill(n),
  eventType: "TRADE",
  kind: "trade",
  subject: { kind: "card", id: "CARD-A" },
  raw: Redacted.make(bytes(`{"n":${n}}`)),
  keyId: "signing",
  nested: "none",
  collision: "none",
  ambiguity: [],
  ...overrides
})

/** Statements that stand outside the services: to look, and to break things. */
export const query = <A extends object>(statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement))
