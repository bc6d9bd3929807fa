/**
 * The world kept in a SQLite database: one table with a row for each record, one with the settings. What a command has changed is
 * committed before it is answered and before its notifications are sent.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { SandboxInvalid, StoreUnusable } from "../SandboxError.js"
import * as Callback from "./callback.js"
import * as GroupCommit from "./groupCommit.js"
import * as Indexes from "./indexes.js"
import * as Ownership from "./ownership.js"
import * as Shelves from "./shelves.js"
import * as SqlSettings from "./sqlSettings.js"
import type { Parts, Store } from "./store.js"

/** Rows in one statement. */
const batch = 5000

/** What the driver said: the message at the end of the chain of causes. Drivers do not put values into it. */
const reasonOf = (error: unknown): string => {
  if (Predicate.hasProperty(error, "cause") && error.cause !== undefined) {
    return reasonOf(error.cause)
  }
  return error instanceof Error ? error.message : String(error)
}

const isLocked = (error: unknown): boolean => /\b(?:locked|already in use)\b/.test(reasonOf(error))

/** The problem as the end of a sentence. It names a row by its kind and key at most, never what stands in it. */
const unusable = (problem: string) =>
  new StoreUnusable({ message: `The sandbox's database cannot be used: ${problem}.` })

const makeTables = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    yield* sql`
      CREATE TABLE IF NOT EXISTS yunmo_sandbox_settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT`
    // The ids are in the order of the rows. A row that is written again keeps its own.
    yield* sql`
      CREATE TABLE IF NOT EXISTS yunmo_sandbox_records (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        row TEXT NOT NULL,
        UNIQUE (kind, key)
      ) STRICT`
  })

/** Puts what is kept into the world; whether there was anything. */
const load = (
  sql: SqlClient.SqlClient,
  shelves: ReadonlyArray<Shelves.Shelf>,
  settings: ReadonlyArray<SqlSettings.Setting>
): Effect.Effect<boolean, SqlError | StoreUnusable> =>
  Effect.gen(function* () {
    const kept = new Map(
      (yield* sql<{ readonly name: string; readonly value: string }>`
        SELECT name, value FROM yunmo_sandbox_settings`).map(({ name, value }) => [name, value])
    )
    if (kept.size === 0) {
      return false
    }
    if (kept.get("format") !== JSON.stringify(SqlSettings.format)) {
      return yield* unusable(
        "it was written by another version of the sandbox; give another file, or delete this one"
      )
    }
    for (const { name, put } of settings) {
      const text = kept.get(name)
      if (text === undefined || Either.isLeft(put(text))) {
        return yield* unusable(`its setting "${name}" is damaged; give another file, or delete this one`)
      }
    }
    const byKind = new Map(shelves.map((shelf) => [shelf.kind, shelf]))
    for (let last = -1, more = true; more; ) {
      const rows = yield* sql<{
        readonly id: number | bigint
        readonly kind: string
        readonly key: string
        readonly row: string
      }>`SELECT id, kind, key, row FROM yunmo_sandbox_records WHERE id > ${last} ORDER BY id LIMIT ${batch}`
      for (const { id, key, kind, row } of rows) {
        const shelf = byKind.get(kind)
        const put = shelf?.put(key, row) ?? Either.left("its kind")
        if (Either.isLeft(put)) {
          return yield* unusable(
            `its row ${id}, of ${kind}${shelf?.show(key) ?? ""}, is damaged (look at ${put.left}); give another file, or delete this one`
          )
        }
        last = Number(id)
      }
      more = rows.length === batch
    }
    return true
  })

const chunks = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / batch) }, (_, index) =>
    all.slice(index * batch, (index + 1) * batch)
  )

/** `withTransaction` takes a commit that fails (a full disk) for a defect, and leaves the transaction open. */
const transaction = <A, E>(sql: SqlClient.SqlClient, effect: Effect.Effect<A, E>) =>
  Effect.tapDefect(sql.withTransaction(effect), () => Effect.exit(sql.unsafe("ROLLBACK")))

/** Writes down, as a whole or not at all, what has changed since the last time. */
const committer = (
  sql: SqlClient.SqlClient,
  shelves: ReadonlyArray<Shelves.Shelf>,
  settings: ReadonlyArray<SqlSettings.Setting>
) => {
  const saved = new Map<string, unknown>()
  const changed = () => settings.filter(({ name, version }) => saved.get(name) !== version())

  const commit = Effect.suspend(() => {
    const taken = shelves.map((shelf) => shelf.take())
    const changes = changed()
    const versions = changes.map(({ name, version }) => [name, version()] as const)
    const texts = Either.all(
      changes.map(({ name, read }) => Either.map(read(), (text) => [name, text] as const))
    )
    const rows = Either.map(Either.all(taken.map((each) => each.rows)), (all) => all.flat())
    const write = Effect.gen(function* () {
      for (const dropped of chunks(taken.flatMap((each) => each.dropped))) {
        yield* sql`
          DELETE FROM yunmo_sandbox_records
          WHERE (kind, key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(dropped)}))`
      }
      for (const written of chunks(yield* rows)) {
        yield* sql`
          INSERT INTO yunmo_sandbox_records (kind, key, row)
          SELECT value ->> 0, value ->> 1, value -> 2 FROM json_each(${JSON.stringify(written)}) AS written
          WHERE true ORDER BY written.key
          ON CONFLICT (kind, key) DO UPDATE SET row = excluded.row`
      }
      for (const [name, text] of yield* texts) {
        yield* sql`
          INSERT INTO yunmo_sandbox_settings (name, value) VALUES (${name}, ${text})
          ON CONFLICT (name) DO UPDATE SET value = excluded.value`
      }
    })
    return transaction(sql, write).pipe(
      Effect.tapErrorCause(() =>
        Effect.sync(() => {
          for (const { untake } of taken) untake()
        })
      ),
      Effect.zipRight(
        Effect.sync(() => {
          for (const [name, version] of versions) saved.set(name, version)
        })
      )
    )
  })

  return {
    isChanged: () => shelves.some((shelf) => shelf.isChanged()) || changed().length > 0,
    commit
  }
}

/** In words: a row that cannot be written down is named, a driver's failure speaks for itself. */
const problemOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return typeof error === "string" ? `${error} cannot be written down` : reasonOf(error)
}

/**
 * The world as it was kept, or a new one. What the options say of rules, faults, seed and clock is for a new one; where they name a
 * callback, it counts.
 */
export const open =
  (options: { readonly allowRemoteCallbacks?: boolean | undefined }) =>
  (parts: Parts): Effect.Effect<Store, SandboxInvalid | StoreUnusable, SqlClient.SqlClient | Scope.Scope> =>
    Effect.gen(function* () {
      const { world } = parts
      const given = yield* SqlClient.SqlClient
      const sql = given.withoutTransforms()
      if (!given.onDialectOrElse({ sqlite: () => true, orElse: () => false })) {
        return yield* unusable("it is not SQLite, the only kind supported")
      }
      yield* Effect.mapError(Ownership.take, (error) =>
        unusable(
          isLocked(error)
            ? "another sandbox is using it; stop that one, or give this one a file of its own"
            : `it cannot be locked (${reasonOf(error)})`
        )
      )
      const shelves = Shelves.of(world)
      const settings = SqlSettings.of(parts)
      const isKept = yield* Effect.zipRight(makeTables(sql), load(sql, shelves, settings)).pipe(
        Effect.catchTag("SqlError", (error) => unusable(`it cannot be read (${reasonOf(error)})`))
      )
      const merchants = Array.from(world.merchants.values())
      const problems = merchants.flatMap(({ callbackUrl, merchantNo }) =>
        callbackUrl === undefined
          ? []
          : Either.match(Callback.check(callbackUrl, options.allowRemoteCallbacks ?? false), {
              onLeft: ({ sentence }) => [`merchant ${merchantNo}: ${sentence.replace(/\.$/, "")}`],
              onRight: () => []
            })
      )
      if (problems.length > 0) {
        return yield* new SandboxInvalid({ problems })
      }
      Indexes.rebuild(world)
      for (const shelf of shelves) {
        shelf.watch()
      }
      // What the options said of them is to be kept too.
      for (const merchant of merchants) {
        world.merchants.set(merchant.merchantNo, merchant)
      }

      const { commit, isChanged } = committer(sql, shelves, settings)
      const { deliveries, customers, cards } = world
      yield* Effect.mapErrorCause(commit, (cause) =>
        Cause.fail(unusable(`it cannot be written (${problemOf(cause)})`))
      )
      if (isKept) {
        yield* Effect.logInfo(
          `The sandbox goes on with what was kept: ${customers.size} customers, ${cards.size} cards, ${deliveries.size} notifications.`
        )
      }

      let isFailing = false
      const failed = (cause: Cause.Cause<unknown>) => {
        const error = unusable(
          `what happened cannot be written (${problemOf(cause)}), so it is not answered; it is tried again until it can`
        )
        const log = isFailing ? Effect.void : Effect.logError(error.message)
        isFailing = true
        return Effect.zipRight(log, Effect.die(error))
      }
      const worked = Effect.suspend(() => {
        const log = isFailing ? Effect.logInfo("The sandbox's database can be written again.") : Effect.void
        isFailing = false
        return log
      })
      // Of whoever calls, nothing is taken over: not the transaction that it may be in.
      const context = Context.omit(SqlClient.TransactionConnection)(yield* Effect.context<never>())
      const save = GroupCommit.make({
        isChanged,
        commit: Effect.matchCauseEffect(commit, { onFailure: failed, onSuccess: () => worked }).pipe(
          Effect.withTracerEnabled(false),
          Effect.mapInputContext(() => context)
        )
      })
      // What became of the last notifications, which nobody waits for.
      yield* Effect.addFinalizer(() => Effect.exit(save))
      return { save }
    })
