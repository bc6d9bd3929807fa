import { SqlClient } from "@effect/sql/SqlClient"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Apps from "../src/Apps.js"
import * as Database from "../src/Database.js"
import * as Load from "../src/Load.js"
import * as Sender from "../src/Sender.js"
import * as Tally from "../src/Tally.js"

/** Another one each time, and told, so that a failure can be run again. */
export const seed = Effect.tap(Random.nextIntBetween(1, 1_000_000_000), (chosen) =>
  Effect.sync(() => console.log(`seed ${chosen}`))
)

/** A database in a folder of its own, a port for the webhook, and somebody who sends and keeps count. */
export const world = Effect.gen(function* () {
  const database = Database.sqlite(yield* Folder.temporary)
  const port = yield* Port.lasting
  const sender = yield* Sender.make
  const tally = Tally.make()
  const chosen = yield* seed
  return {
    seed: chosen,
    database,
    port,
    sender,
    tally,
    load: (plan: Omit<Load.Plan, "seed" | "url"> & Partial<Pick<Load.Plan, "url">>) =>
      Load.make({ seed: chosen, url: () => Apps.webhookUrl(port), ...plan }, sender, tally)
  }
})

/** A statement on a connection of our own. */
export const query = <A extends object>(database: Database.Database, statement: string) =>
  Effect.flatMap(SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(
    Effect.provide(database.look),
    Effect.orDie
  )

export const eventually = <E, R>(look: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(look, (holds) =>
    holds ? Effect.void : Effect.zipRight(Effect.sleep("5 millis"), eventually(look))
  )

export const oks = (tally: Tally.Tally): number => tally.answers.get("200 OK") ?? 0

/** For people who read the output of a run: nothing is asserted about time. */
export const tell = (what: string, tally: Tally.Tally): void =>
  console.log(
    `${what}: ${[...tally.answers].map(([name, n]) => `${n} × ${name}`).join(", ")}; OK after p50 ${Tally.percentile(tally, 0.5).toFixed(1)} ms, p99 ${Tally.percentile(tally, 0.99).toFixed(1)} ms`
  )
