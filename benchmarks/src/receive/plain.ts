/**
 * The contestants that are not ours, as a process: `plain.js <server> <writing> <database>`. They verify as a page of
 * documentation asks for, and no more: no look at duplicate keys, number literals, depth or size. What they keep is a row
 * with the message and a unique key on its SHA-256; no kind, subject, lane or state.
 */
import { createHash, hash } from "node:crypto"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import Database from "better-sqlite3"
import express from "express"
import fastify from "fastify"
import { Pool } from "pg"
import { secret } from "../signing/samples.js"
import { merchantNo, path } from "./messages.js"

interface Message {
  readonly [key: string]: unknown
}

interface NewRow {
  readonly eventType: string
  readonly fingerprint: Buffer
  readonly raw: Buffer | string
}

/** `undefined` when the signature does not hold. */
const verified = (message: Message, raw: Buffer | string): NewRow | undefined => {
  const { data, sign, token: _, ...envelope } = message
  const flat: Record<string, unknown> = { ...(data as object), ...envelope }
  const text = Object.keys(flat)
    .filter((key) => flat[key] !== null && flat[key] !== "")
    .sort()
    .map((key) => `${key}=${flat[key]}`)
    .join("&")
  return hash("md5", text + secret, "hex") === sign && envelope["merchantNo"] === merchantNo
    ? {
        eventType: String(envelope["eventType"]),
        fingerprint: createHash("sha256").update(raw).digest(),
        raw
      }
    : undefined
}

/** Answers when the row is on the disk. */
type Keep = (row: NewRow, kept: (problem?: unknown) => void) => void

const insertion = (database: Database.Database) => {
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec(`CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY,
    merchant_no TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    event_type TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    raw BLOB NOT NULL,
    UNIQUE (merchant_no, fingerprint)
  ) STRICT`)
  const insert = database.prepare(
    `INSERT INTO inbox (merchant_no, fingerprint, event_type, received_at, raw) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`
  )
  return ({ eventType, fingerprint, raw }: NewRow) =>
    insert.run(merchantNo, fingerprint, eventType, Date.now(), Buffer.from(raw))
}

const oneByOne = (file: string): Keep => {
  const insert = insertion(new Database(file))
  return (row, kept) => {
    insert(row)
    kept()
  }
}

interface Waiting {
  readonly row: NewRow
  readonly kept: Parameters<Keep>[1]
}

/** Hands on together what came in one turn of the event loop. */
const perTurn = (commit: (waiting: ReadonlyArray<Waiting>) => void): Keep => {
  let waiting: Array<Waiting> = []
  return (row, kept) => {
    waiting.push({ row, kept })
    if (waiting.length === 1) {
      setImmediate(() => {
        const all = waiting
        waiting = []
        commit(all)
      })
    }
  }
}

const batched = (file: string): Keep => {
  const database = new Database(file)
  const insert = insertion(database)
  const insertAll = database.transaction((all: ReadonlyArray<Waiting>) => {
    for (const { row } of all) {
      insert(row)
    }
  })
  return perTurn((all) => {
    insertAll(all)
    for (const { kept } of all) {
      kept()
    }
  })
}

/** One statement of many rows for each turn, several of them under way at once. */
const postgres = async (url: string): Promise<Keep> => {
  const pool = new Pool({ connectionString: url, max: 10 })
  await pool.query(`CREATE TABLE IF NOT EXISTS inbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_no TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    event_type TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    raw BYTEA NOT NULL,
    UNIQUE (merchant_no, fingerprint)
  )`)
  return perTurn((all) => {
    const rows = all.map((_, at) => `($1, $${at * 3 + 3}, $${at * 3 + 4}, $2, $${at * 3 + 5})`)
    const values = all.flatMap(({ row }) => [row.fingerprint, row.eventType, Buffer.from(row.raw)])
    const done = (problem?: unknown) => {
      for (const { kept } of all) {
        kept(problem)
      }
    }
    pool
      .query(
        `INSERT INTO inbox (merchant_no, fingerprint, event_type, received_at, raw) VALUES ${rows.join()}
         ON CONFLICT DO NOTHING`,
        [merchantNo, Date.now(), ...values]
      )
      .then(() => done(), done)
  })
}

const listenBare = (keep: Keep): Server =>
  createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const raw = Buffer.concat(chunks)
      const row = verified(JSON.parse(raw.toString()), raw)
      if (row === undefined) {
        response.writeHead(401, { "content-length": 0 }).end()
      } else {
        keep(row, (problem) => {
          const body = problem === undefined ? "OK" : String(problem)
          response
            .writeHead(problem === undefined ? 200 : 503, { "content-length": Buffer.byteLength(body) })
            .end(body)
        })
      }
    })
  }).listen(0, "127.0.0.1")

/** The body is parsed before anybody sees its bytes, so what is kept is a text made of it anew. */
const listenExpress = (keep: Keep): Server =>
  express()
    .post(path, express.json(), (request, response) => {
      const row = verified(request.body, JSON.stringify(request.body))
      if (row === undefined) {
        response.status(401).end()
      } else {
        keep(row, (problem) => response.status(problem === undefined ? 200 : 503).send("OK"))
      }
    })
    .listen(0, "127.0.0.1")

const listenFastify = async (keep: Keep): Promise<Server> => {
  const app = fastify()
  app.post<{ Body: Message }>(path, (request, reply) => {
    const row = verified(request.body, JSON.stringify(request.body))
    if (row === undefined) {
      reply.status(401).send()
    } else {
      keep(row, (problem) => reply.status(problem === undefined ? 200 : 503).send("OK"))
    }
  })
  await app.listen({ host: "127.0.0.1", port: 0 })
  return app.server
}

const [, , server = "", writing = "", database = ""] = process.argv
const keeps: Readonly<Record<string, (database: string) => Keep | Promise<Keep>>> = {
  oneByOne,
  batched,
  postgres
}
const servers: Readonly<Record<string, (keep: Keep) => Server | Promise<Server>>> = {
  bare: listenBare,
  express: listenExpress,
  fastify: listenFastify
}
const keep = await keeps[writing]?.(database)
const listening = keep === undefined ? undefined : await servers[server]?.(keep)
if (listening === undefined) {
  console.error(`There is no server "${server}" that writes "${writing}".`)
  process.exit(2)
}
const announce = () => {
  const { port } = listening.address() as AddressInfo
  // The line by which our own programs say it.
  const annotations = {
    event: "listening",
    app: server,
    url: `http://127.0.0.1:${port}`,
    pid: process.pid
  }
  console.log(JSON.stringify({ annotations }))
}
if (listening.listening) {
  announce()
} else {
  listening.once("listening", announce)
}
