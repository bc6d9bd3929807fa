import * as SqlClient from "@effect/sql/SqlClient"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Effect from "effect/Effect"

const statements = (...texts: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.forEach(texts, (text) => sql.unsafe(text), { discard: true })
  )

/** The order journal. A row is made before the first byte of the order leaves, and never deleted. */
const orders = statements(
  `CREATE TABLE yunmo_orders (
    merchant_no TEXT NOT NULL,
    merchant_order_no TEXT NOT NULL,
    card_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('increase', 'decrease')),
    amount TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'pending', 'done', 'failed', 'refused', 'unknown')),
    order_no TEXT,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, merchant_order_no)
  ) STRICT`,
  `CREATE INDEX yunmo_orders_unsettled ON yunmo_orders (merchant_no, created_at)
    WHERE state IN ('open', 'pending', 'unknown')`
)

/** What has taken effect, by business key. A key outlives the notification that brought it. */
const effects = statements(
  `CREATE TABLE yunmo_effects (
    merchant_no TEXT NOT NULL,
    kind TEXT NOT NULL,
    business_key TEXT NOT NULL,
    content TEXT NOT NULL,
    inbox_id INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, kind, business_key)
  ) STRICT`
)

/** What a person should look at. The same finding is kept once, with how often it came. */
const findings = statements(
  `CREATE TABLE yunmo_findings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_no TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    inbox_id INTEGER,
    found_at INTEGER NOT NULL,
    last_found_at INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    resolved_at INTEGER,
    UNIQUE (merchant_no, kind, subject, detail)
  ) STRICT`
)

const readModel = statements(
  `CREATE TABLE yunmo_customers (
    merchant_no TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    kyc_state TEXT NOT NULL,
    kyc_meaning TEXT,
    kyc_remark TEXT,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, customer_id)
  ) STRICT`,
  `CREATE TABLE yunmo_cards (
    merchant_no TEXT NOT NULL,
    card_id TEXT NOT NULL,
    customer_id TEXT,
    status TEXT NOT NULL,
    status_meaning TEXT,
    balance TEXT,
    currency TEXT,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, card_id)
  ) STRICT`,
  `CREATE TABLE yunmo_transaction_events (
    merchant_no TEXT NOT NULL,
    business_key TEXT NOT NULL,
    order_no TEXT NOT NULL,
    sub_order_no TEXT NOT NULL,
    card_id TEXT NOT NULL,
    kind TEXT,
    kind_raw TEXT,
    status TEXT,
    status_raw TEXT,
    amount TEXT,
    currency TEXT NOT NULL,
    event_time TEXT NOT NULL,
    merchant_name TEXT,
    inbox_id INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, business_key)
  ) STRICT`,
  "CREATE INDEX yunmo_transaction_events_order ON yunmo_transaction_events (merchant_no, order_no)",
  `CREATE TABLE yunmo_transactions (
    merchant_no TEXT NOT NULL,
    order_no TEXT NOT NULL,
    card_id TEXT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    authorized TEXT NOT NULL,
    settled TEXT NOT NULL,
    reversed TEXT NOT NULL,
    refunded TEXT NOT NULL,
    last_event_time TEXT NOT NULL,
    events INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, order_no)
  ) STRICT`,
  "CREATE INDEX yunmo_transactions_card ON yunmo_transactions (merchant_no, card_id)"
)

/**
 * 3-D Secure requests. `deciding` is written before the confirmation is sent: a row found in it after a crash is never
 * sent again.
 */
const threeDs = statements(
  `CREATE TABLE yunmo_three_ds (
    merchant_no TEXT NOT NULL,
    auth_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    amount TEXT,
    currency TEXT,
    merchant_name TEXT,
    deadline INTEGER NOT NULL,
    state TEXT NOT NULL
      CHECK (state IN ('waiting', 'deciding', 'approved', 'declined', 'refused', 'unknown', 'expired')),
    decision TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    note TEXT,
    inbox_id INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_no, auth_id)
  ) STRICT`,
  "CREATE INDEX yunmo_three_ds_open ON yunmo_three_ds (merchant_no, deadline) WHERE state IN ('waiting', 'deciding')"
)

/**
 * One row per merchant and address: the token, encrypted, and who may log in until when. A row without a token is a first
 * login under way.
 */
const tokens = statements(
  `CREATE TABLE yunmo_tokens (
    merchant_no TEXT NOT NULL,
    base_url TEXT NOT NULL,
    token TEXT,
    issued_at INTEGER,
    expire_time INTEGER,
    holder TEXT,
    lease_until INTEGER,
    PRIMARY KEY (merchant_no, base_url)
  ) STRICT`
)

/**
 * The card journal. A row is made before the first byte of the creation leaves, and never deleted. Its number is the lock
 * between processes.
 */
const creations = statements(
  `CREATE TABLE yunmo_creations (
    merchant_no TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    creation INTEGER NOT NULL CHECK (creation >= 1),
    card_sample_id TEXT NOT NULL,
    cards_before TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'unknown', 'done', 'refused')),
    card_id TEXT,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'done') = (card_id IS NOT NULL)),
    PRIMARY KEY (merchant_no, customer_id, creation)
  ) STRICT`,
  // However it comes about: a customer has no two creations that cannot be told apart.
  `CREATE UNIQUE INDEX yunmo_creations_unsettled ON yunmo_creations (merchant_no, customer_id)
    WHERE state IN ('open', 'unknown')`
)

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
