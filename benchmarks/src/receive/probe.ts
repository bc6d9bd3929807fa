/**
 * Loaded into each contestant before its own code (`node --import`), so that every one of them tells the same things in the
 * same way, the real app without knowing of it: processor time, memory, and how its open database syncs, asked of the very
 * connection it writes with.
 */
import Database from "better-sqlite3"

export interface State {
  /** Microseconds of processor time since the start. */
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  /** `synchronous` and `journal_mode` of each SQLite connection that was used. */
  readonly connections: ReadonlyArray<{ readonly synchronous: number; readonly journal: string }>
}

const seen = new Set<Database.Database>()
const { prepare } = Database.prototype

/** Hears of every connection at its first statement, until it is asked: nothing of this is left when measuring begins. */
Database.prototype.prepare = function (this: Database.Database, source: string) {
  seen.add(this)
  return prepare.call(this, source)
} as typeof prepare

const syncOf = (database: Database.Database) => ({
  synchronous: Number(database.pragma("synchronous", { simple: true })),
  journal: String(database.pragma("journal_mode", { simple: true }))
})

process.on("message", () => {
  Database.prototype.prepare = prepare
  const { system, user } = process.cpuUsage()
  const state: State = {
    cpu: system + user,
    memory: process.memoryUsage.rss(),
    connections: [...seen].filter(({ open }) => open).map(syncOf)
  }
  process.send?.(state)
})
// The bench is gone, however that came about.
process.on("disconnect", () => process.exit())
// It must not be what keeps a contestant alive.
process.channel?.unref()
