/** Who receives. Each is a process of its own with a database of its own, all of them in one folder or on one server. */
import { join } from "node:path"
import Database from "better-sqlite3"
import { Client } from "pg"
import { secret } from "../signing/samples.js"
import { merchantNo, path } from "./messages.js"
import { programOf, type Server, type Starting, start } from "./process.js"

/** What is on the disk, asked over a connection of our own. */
interface Store {
  /** As a setting or argument names it. */
  readonly location: string
  readonly rows: () => Promise<number>
  /** Throws unless a commit waits for the disk. */
  readonly checkSync: (server: Server) => Promise<void>
}

export interface Contestant {
  readonly id: string
  readonly name: string
  readonly kind: "floor" | "one by one" | "batched" | "ours"
  readonly on: "SQLite" | "PostgreSQL"
  /** The table with its rows. */
  readonly table: "inbox" | "yunmo_inbox"
  /** Takes no part unless it is asked for. */
  readonly onlyWhenNamed: boolean
  readonly starting: (database: string) => Pick<Starting, "program" | "args" | "env">
}

const webhookProgram = programOf("../../../apps/webhook/dist/main.js")

const plain = (
  id: string,
  name: string,
  kind: Contestant["kind"],
  on: Contestant["on"],
  ...args: ReadonlyArray<string>
): Contestant => ({
  id,
  name,
  kind,
  on,
  table: "inbox",
  onlyWhenNamed: false,
  starting: (database) => ({ program: programOf("./plain.js"), args: [...args, database] })
})

export const app = (id: string, name: string, on: Contestant["on"]): Contestant => ({
  id,
  name,
  kind: "ours",
  on,
  table: "yunmo_inbox",
  // An inbox on PostgreSQL is on its way.
  onlyWhenNamed: on === "PostgreSQL",
  starting: (database) => ({
    program: webhookProgram,
    env: {
      YUNMO_MERCHANT_NO: merchantNo,
      YUNMO_SECRET_KEY: secret,
      YUNMO_DATABASE: database,
      WEBHOOK_PORT: "0",
      WEBHOOK_PATH: path
    }
  })
})

const embedded: Contestant = {
  id: "embedded",
  name: "ours without the app, nothing logged",
  kind: "ours",
  on: "SQLite",
  table: "yunmo_inbox",
  onlyWhenNamed: false,
  starting: (database) => ({ program: programOf("./embedded.js"), args: [database] })
}

/** On each kind of database the floor comes first. */
export const contestants: ReadonlyArray<Contestant> = [
  plain("floor", "floor: node:http, better-sqlite3, per turn", "floor", "SQLite", "bare", "batched"),
  plain("express", "Express, one by one", "one by one", "SQLite", "express", "oneByOne"),
  plain("fastify", "Fastify, one by one", "one by one", "SQLite", "fastify", "oneByOne"),
  plain("express-batched", "Express, per turn", "batched", "SQLite", "express", "batched"),
  plain("fastify-batched", "Fastify, per turn", "batched", "SQLite", "fastify", "batched"),
  app("webhook", "ours: the webhook app", "SQLite"),
  embedded,
  plain("floor-pg", "floor: node:http, pg, per turn", "floor", "PostgreSQL", "bare", "postgres"),
  app("webhook-pg", "ours: the webhook app", "PostgreSQL")
]

const sqlite = (folder: string, { id, table }: Contestant): Store => {
  const location = join(folder, `${id}.db`)
  return {
    location,
    rows: async () => {
      const database = new Database(location, { readonly: true })
      try {
        return Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
      } finally {
        database.close()
      }
    },
    checkSync: async (server) => {
      const { connections } = await server.state()
      // NORMAL is 1, FULL 2, EXTRA 3.
      if (
        connections.length === 0 ||
        !connections.every(({ journal, synchronous }) => journal === "wal" && synchronous >= 2)
      ) {
        throw new Error(`${id} does not sync in full: ${JSON.stringify(connections)}`)
      }
    }
  }
}

const asked = async (url: string, question: string): Promise<Readonly<Record<string, unknown>>> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(question)
    return rows[0]
  } finally {
    await client.end()
  }
}

/** A database of its own on the server of a URL. */
const postgres = async (server: string, { id, table }: Contestant): Promise<Store> => {
  const name = `bench_${id.replaceAll("-", "_")}`
  await asked(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const location = url.href
  return {
    location,
    rows: async () => Number((await asked(location, `SELECT count(*) FROM ${table}`))["count"]),
    checkSync: async () => {
      const set = await asked(
        location,
        "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit"
      )
      const overridden = await asked(
        location,
        `SELECT count(*) FROM pg_db_role_setting, unnest(setconfig) AS setting
         WHERE setting LIKE 'synchronous_commit=%' AND setting NOT LIKE '%=on'`
      )
      if (set["fsync"] !== "on" || set["commit"] !== "on" || Number(overridden["count"]) > 0) {
        throw new Error(`${id} does not sync in full: ${JSON.stringify(set)}`)
      }
    }
  }
}

export interface Running {
  readonly contestant: Contestant
  readonly server: Server
  readonly store: Store
}

export interface Place {
  readonly folder: string
  /** A URL of the server's own database. */
  readonly postgres: string | undefined
}

export const open = async (contestant: Contestant, place: Place): Promise<Running> => {
  const store =
    contestant.on === "SQLite"
      ? sqlite(place.folder, contestant)
      : await postgres(place.postgres ?? "", contestant)
  const server = await start({
    name: contestant.id,
    output: join(place.folder, `${contestant.id}.log`),
    ...contestant.starting(store.location)
  })
  await store.checkSync(server)
  return { contestant, server, store }
}
