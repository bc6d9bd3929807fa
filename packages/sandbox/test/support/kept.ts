import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Sandbox from "../../src/Sandbox.js"
import * as SandboxServer from "../../src/SandboxServer.js"
import { Caller } from "./vendor.js"

/** The path of a database that nobody has made yet, in a folder of its own. */
export const newFile = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "yunmo-sandbox-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  ),
  (folder) => join(folder, "sandbox.sqlite")
)

/** A connection that does not wait for locks. */
export const database = (filename: string) =>
  Layer.effectDiscard(
    Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql`PRAGMA busy_timeout = 0`))
  ).pipe(Layer.provideMerge(SqliteClient.layer({ filename })))

/** The sandbox on the database in the context. */
export const sandboxOn = (options?: Partial<Sandbox.Options>) =>
  Sandbox.layerSql({ ...Sandbox.development, ...options }).pipe(Layer.provide(NodeHttpClient.layer))

/** The sandbox on a file; with the end of the scope it is closed, as at the end of a process. */
export const inFile = (filename: string, options?: Partial<Sandbox.Options>) =>
  Layer.provideMerge(sandboxOn(options), database(filename))

/** With a merchant logged in. */
export const withCallerIn = (filename: string, options?: Partial<Sandbox.Options>) =>
  Layer.provideMerge(Caller.layer, inFile(filename, options))

/** On a free loopback port. */
export const overHttpIn = (filename: string, options?: Partial<Sandbox.Options>) =>
  SandboxServer.layer.pipe(
    Layer.provideMerge(inFile(filename, options)),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  )
