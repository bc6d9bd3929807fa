import * as SqlClient from "@effect/sql/SqlClient"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Effect from "effect/Effect"

/** The words in which SQLite and PostgreSQL differ; everything else of the tables is one text. */
interface Words {
  readonly id: string
  readonly whole: string
  /** PostgreSQL would sort, and index, by the language of the database: not the same everywhere, nor as SQLite does. */
  readonly text: string
  /** Ends a table. */
  readonly end: string
  /** What tells the details of two findings apart: PostgreSQL indexes no text of more than some 2,700 bytes. */
  readonly detail: string
}

const sqlite: Words = {
  id: "INTEGER PRIMARY KEY AUTOINCREMENT",
  whole: "INTEGER",
  text: "TEXT",
  end: "STRICT",
  detail: "detail"
}

const postgres: Words = {
  id: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  whole: "BIGINT",
  text: 'TEXT COLLATE "C"',
  end: "",
  detail: "hashtextextended(detail, 0)"
}

/** The words of the database in use. */
export const words: Effect.Effect<Words, never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => sql.onDialectOrElse({ pg: () => postgres, orElse: () => sqlite })
)

const statements = (texts: (words: Words) => ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.flatMap(words, (found) =>
      Effect.forEach(texts(found), (text) => sql.unsafe(text), { discard: true })
    )
  )

/** The order journal. A row is made before the first byte of the order leaves, and never deleted. */
const orders = statements(({ end, text, whole }) => [
  `CREATE TABLE yunmo_orders (
    merchant_no ${text} NOT NULL,
    merchant_order_no ${text} NOT NULL,
    card_id ${text} NOT NULL,
    direction ${text} NOT NULL CHECK (direction IN ('increase', 'decrease')),
    amount ${text} NOT NULL,
    state ${text} NOT NULL CHECK (state IN ('open', 'pending', 'done', 'failed', 'refused', 'unknown')),
    order_no ${text},
    note ${text} NOT NULL,
    created_at ${whole} NOT NULL,
    updated_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, merchant_order_no)
  ) ${end}`,
  `CREATE INDEX yunmo_orders_unsettled ON yunmo_orders (merchant_no, created_at)
    WHERE state IN ('open', 'pending', 'unknown')`
])

/** What has taken effect, by business key. A key outlives the notification that brought it. */
const effects = statements(({ end, text, whole }) => [
  `CREATE TABLE yunmo_effects (
    merchant_no ${text} NOT NULL,
    kind ${text} NOT NULL,
    business_key ${text} NOT NULL,
    content ${text} NOT NULL,
    inbox_id ${whole} NOT NULL,
    applied_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, kind, business_key)
  ) ${end}`
])

/** What a person should look at. The same finding is kept once, with how often it came. */
const findings = statements(({ detail, end, id, text, whole }) => [
  `CREATE TABLE yunmo_findings (
    id ${id},
    merchant_no ${text} NOT NULL,
    kind ${text} NOT NULL,
    subject ${text} NOT NULL,
    detail ${text} NOT NULL,
    inbox_id ${whole},
    found_at ${whole} NOT NULL,
    last_found_at ${whole} NOT NULL,
    times ${whole} NOT NULL DEFAULT 1,
    resolved_at ${whole}
  ) ${end}`,
  `CREATE UNIQUE INDEX yunmo_findings_once ON yunmo_findings (merchant_no, kind, subject, ${detail})`
])

const readModel = statements(({ end, text, whole }) => [
  `CREATE TABLE yunmo_customers (
    merchant_no ${text} NOT NULL,
    customer_id ${text} NOT NULL,
    kyc_state ${text} NOT NULL,
    kyc_meaning ${text},
    kyc_remark ${text},
    read_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, customer_id)
  ) ${end}`,
  `CREATE TABLE yunmo_cards (
    merchant_no ${text} NOT NULL,
    card_id ${text} NOT NULL,
    customer_id ${text},
    status ${text} NOT NULL,
    status_meaning ${text},
    balance ${text},
    currency ${text},
    read_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, card_id)
  ) ${end}`,
  `CREATE TABLE yunmo_transaction_events (
    merchant_no ${text} NOT NULL,
    business_key ${text} NOT NULL,
    order_no ${text} NOT NULL,
    sub_order_no ${text} NOT NULL,
    card_id ${text} NOT NULL,
    kind ${text},
    kind_raw ${text},
    status ${text},
    status_raw ${text},
    amount ${text},
    currency ${text} NOT NULL,
    event_time ${text} NOT NULL,
    merchant_name ${text},
    inbox_id ${whole} NOT NULL,
    recorded_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, business_key)
  ) ${end}`,
  "CREATE INDEX yunmo_transaction_events_order ON yunmo_transaction_events (merchant_no, order_no)",
  `CREATE TABLE yunmo_transactions (
    merchant_no ${text} NOT NULL,
    order_no ${text} NOT NULL,
    card_id ${text} NOT NULL,
    state ${text} NOT NULL,
    currency ${text} NOT NULL,
    authorized ${text} NOT NULL,
    settled ${text} NOT NULL,
    reversed ${text} NOT NULL,
    refunded ${text} NOT NULL,
    last_event_time ${text} NOT NULL,
    events ${whole} NOT NULL,
    updated_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, order_no)
  ) ${end}`,
  "CREATE INDEX yunmo_transactions_card ON yunmo_transactions (merchant_no, card_id)"
])

/**
 * 3-D Secure requests. `deciding` is written before the confirmation is sent: a row found in it after a crash is never
 * sent again.
 */
const threeDs = statements(({ end, text, whole }) => [
  `CREATE TABLE yunmo_three_ds (
    merchant_no ${text} NOT NULL,
    auth_id ${text} NOT NULL,
    card_id ${text} NOT NULL,
    amount ${text},
    currency ${text},
    merchant_name ${text},
    deadline ${whole} NOT NULL,
    state ${text} NOT NULL
      CHECK (state IN ('waiting', 'deciding', 'approved', 'declined', 'refused', 'unknown', 'expired')),
    decision ${text},
    decided_by ${text},
    decided_at ${whole},
    note ${text},
    inbox_id ${whole} NOT NULL,
    received_at ${whole} NOT NULL,
    updated_at ${whole} NOT NULL,
    PRIMARY KEY (merchant_no, auth_id)
  ) ${end}`,
  "CREATE INDEX yunmo_three_ds_open ON yunmo_three_ds (merchant_no, deadline) WHERE state IN ('waiting', 'deciding')"
])

/**
 * One row per merchant and address: the token, encrypted, and who may log in until when. A row without a token is a first
 * login under way.
 */
const tokens = statements(({ end, text, whole }) => [
  `CREATE TABLE yunmo_tokens (
    merchant_no ${text} NOT NULL,
    base_url ${text} NOT NULL,
    token ${text},
    issued_at ${whole},
    expire_time ${whole},
    holder ${text},
    lease_until ${whole},
    PRIMARY KEY (merchant_no, base_url)
  ) ${end}`
])

/**
 * The card journal. A row is made before the first byte of the creation leaves, and never deleted. Its number is the lock
 * between processes.
 */
const creations = statements(({ end, text, whole }) => [
  `CREATE TABLE yunmo_creations (
    merchant_no ${text} NOT NULL,
    customer_id ${text} NOT NULL,
    creation ${whole} NOT NULL CHECK (creation >= 1),
    card_sample_id ${text} NOT NULL,
    cards_before ${text} NOT NULL,
    state ${text} NOT NULL CHECK (state IN ('open', 'unknown', 'done', 'refused')),
    card_id ${text},
    note ${text} NOT NULL,
    created_at ${whole} NOT NULL,
    updated_at ${whole} NOT NULL,
    CHECK ((state = 'done') = (card_id IS NOT NULL)),
    PRIMARY KEY (merchant_no, customer_id, creation)
  ) ${end}`,
  // However it comes about: a customer has no two creations that cannot be told apart.
  `CREATE UNIQUE INDEX yunmo_creations_unsettled ON yunmo_creations (merchant_no, customer_id)
    WHERE state IN ('open', 'unknown')`
])

/** What must hold before a table of this package is used; safe in several processes at once. */
export const prepared = Effect.zipRight(
  Storage.ensureDurable,
  Storage.migrate({
    table: "yunmo_processing_migrations",
    migrations: {
      "0001_orders": orders,
      "0002_effects": effects,
      "0003_findings": findings,
      "0004_read_model": readModel,
      "0005_three_ds": threeDs,
      "0006_tokens": tokens,
      "0007_creations": creations
    }
  })
)
