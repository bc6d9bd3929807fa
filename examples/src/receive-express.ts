/** Notifications in an Express app, kept in our inbox: `OK` is said once the row is on the disk, and they are handled later. */
import type { Server } from "node:http"
import { NodeRuntime } from "@effect/platform-node"
import { Sqlite } from "@effect-yunmo/node"
import { Inbox, InboxRow, NodeListener, Quarantine, Receiver } from "@effect-yunmo/notifications"
import { Clock, Config, Effect, Layer, Schedule } from "effect"
import express from "express"
import { merchants, port } from "./merchants.js"

const server = Effect.gen(function* () {
  const listener = yield* NodeListener.make()
  const app = express()
  // In front of express.json(): the signature is over the bytes as they came.
  app.all("/yunmo/notifications", listener)
  app.use(express.json())
  app.get("/", (_request, response) => {
    response.send("the rest of your app")
  })
  const listening = yield* port
  yield* Effect.acquireRelease(
    Effect.async<Server, Error>((resume) => {
      const server = app.listen(listening, "127.0.0.1", (error) =>
        resume(error === undefined ? Effect.succeed(server) : Effect.fail(error))
      )
    }),
    (server) => Effect.sync(() => server.close())
  )
  yield* Effect.log(`Listening on http://127.0.0.1:${listening}`)
})

/** In earnest this is @effect-yunmo/processing, with the order of each card kept, retries and effects that happen once. */
const handling = Effect.gen(function* () {
  const inbox = yield* Inbox.Inbox
  for (const row of yield* inbox.ready(100, yield* Clock.currentTimeMillis)) {
    const notification = yield* InboxRow.decode(row)
    yield* Effect.log(`${notification._tag} about ${row.subject.kind} ${row.subject.id}`)
    yield* inbox.markHandled(row.id)
  }
}).pipe(
  Effect.catchAll((error) => Effect.logError(error.message)),
  Effect.repeat(Schedule.spaced("100 millis"))
)

const database = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.string("DATABASE"), "./inbox.sqlite"), (filename) =>
    Sqlite.layer({ filename })
  )
)

Layer.mergeAll(Layer.scopedDiscard(server), Layer.scopedDiscard(Effect.forkScoped(handling))).pipe(
  Layer.provide(Receiver.layerMerchants()),
  Layer.provide([Inbox.layer, Quarantine.layer(), merchants]),
  Layer.provide(database),
  Layer.launch,
  NodeRuntime.runMain
)
