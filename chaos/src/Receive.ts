/**
 * Scenario: a load of notifications on the webhook app, which is killed at random moments and started again, or whose
 * PostgreSQL is stopped and started; and afterwards no OK without its row.
 */
import { createHash } from "node:crypto"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Apps from "./Apps.js"
import * as Compare from "./Compare.js"
import * as Database from "./Database.js"
import * as Harm from "./Harm.js"
import * as Load from "./Load.js"
import type { Report } from "./Report.js"
import * as Sender from "./Sender.js"
import * as Supervisor from "./Supervisor.js"
import * as Tally from "./Tally.js"

export interface Options {
  readonly seed: number
  /** Different notifications. */
  readonly count: number
  /** Of the webhook, by SIGKILL. */
  readonly kills: number
  /** Stops and starts of the database server; only PostgreSQL has one. */
  readonly stops: number
  readonly postgres: boolean
  /** Whether the rows are encrypted under a key. */
  readonly encrypted: boolean
  /** Another program in place of the webhook app, with its settings and its announcement. */
  readonly entry?: string | undefined
}

export interface Outcome {
  readonly options: Options
  readonly kind: Database.Database["kind"]
  readonly tally: Tally.Tally
  readonly comparison: Compare.Comparison
  readonly planned: number
  readonly kills: ReadonlyArray<Harm.Moment>
  readonly stops: ReadonlyArray<Harm.Moment>
  /** Kills beside those, of a process that was just starting. */
  readonly killedStarts: number
  readonly failedStarts: number
  readonly seconds: number
  /** Everything that is not as it has to be. */
  readonly differences: ReadonlyArray<string>
}

const place = (postgres: boolean) =>
  postgres
    ? Effect.gen(function* () {
        const server = yield* Postgres.server
        const database = Database.postgres(yield* Postgres.freshDatabase(server.urlOf("postgres")))
        return { database, server }
      })
    : Effect.map(Folder.temporary, (folder) => ({ database: Database.sqlite(folder), server: undefined }))

export const run = (options: Options): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const { count, seed } = options
    const { database, server } = yield* place(options.postgres)
    const port = yield* Port.lasting
    const atRestKeys = options.encrypted
      ? `chaos:${createHash("sha256").update(`at rest ${seed}`).digest("hex")}`
      : undefined
    const command = Apps.webhook({
      database,
      port,
      env: atRestKeys === undefined ? {} : { YUNMO_AT_REST_KEYS: atRestKeys }
    })
    const webhook = yield* Supervisor.start({ ...command, entry: options.entry ?? command.entry })
    const tally = Tally.make()
    const load = Load.make({ seed, count, url: () => Apps.webhookUrl(port) }, yield* Sender.make, tally)

    let killedStarts = 0
    const killing = Harm.during(load, { seed, name: "kill", times: options.kills }, (random) =>
      Effect.gen(function* () {
        if (random.chance(0.3)) {
          killedStarts += 1
          yield* webhook.killWhileStarting(random.between(0, 600))
        }
        yield* webhook.killAndRestart
      })
    )
    const stopping =
      server === undefined
        ? Effect.succeed([])
        : Harm.during(load, { seed, name: "stop", times: options.stops }, (random) =>
            server.stop.pipe(
              Effect.zipRight(Effect.sleep(random.between(50, 1_000))),
              Effect.zipRight(server.start)
            )
          )
    const [took, [, kills, stops]] = yield* Effect.timed(
      Effect.all([load.run, killing, stopping], { concurrency: "unbounded" })
    )
    // No clean stop before the comparison: what counts is what is on the disk at any moment.
    yield* webhook.kill
    const comparison = yield* Compare.compare(database, tally, { atRestKeys })
    const outcome: Outcome = {
      options,
      kind: database.kind,
      tally,
      comparison,
      planned: load.total,
      kills,
      stops,
      killedStarts,
      failedStarts: webhook.failedStarts(),
      seconds: Duration.toSeconds(took),
      differences: [...comparison.differences, ...webhook.crashes()]
    }
    return outcome
  }).pipe(Effect.scoped)

export const report = (outcome: Outcome): Report => {
  const { comparison, kills, options, planned, stops, tally } = outcome
  const { count, postgres, seed } = options
  const underWay = kills.map((moment) => moment.underWay)
  return {
    title: `Receive: ${count.toLocaleString("en-US")} notifications on ${outcome.kind}`,
    command: `pnpm chaos receive --seed ${seed} --count ${count} --kills ${options.kills}${postgres ? ` --postgres --stops ${options.stops}` : ""}${options.encrypted ? " --encrypted" : ""}${options.entry === undefined ? "" : ` --entry ${options.entry}`}`,
    tables: [
      {
        title: "Load",
        rows: [
          ["seed", String(seed)],
          ["notifications", count],
          ["deliveries planned, with duplicates", planned],
          ["tries", [...tally.answers.values()].reduce((sum, n) => sum + n, 0)],
          ["seconds", outcome.seconds],
          ["OK after, p50, milliseconds", Tally.percentile(tally, 0.5)],
          ["OK after, p99, milliseconds", Tally.percentile(tally, 0.99)]
        ]
      },
      {
        title: "What came back",
        rows: [
          ...[...tally.answers].sort(([one], [other]) => one.localeCompare(other)),
          ["deliveries given up after ten tries", tally.givenUp()]
        ]
      },
      {
        title: "Harm",
        rows: [
          ["kill -9 of the webhook", kills.length],
          ["requests under way at these moments", underWay.join(", ")],
          ["kill -9 of it while it was starting again", outcome.killedStarts],
          ["starts that failed meanwhile", outcome.failedStarts],
          ...(postgres
            ? [
                ["stops of PostgreSQL", stops.length] as const,
                ["requests under way then", stops.map((moment) => moment.underWay).join(", ")] as const
              ]
            : [])
        ]
      },
      {
        title: "Afterwards",
        rows: [
          ["messages answered OK", comparison.acknowledged],
          [options.encrypted ? "rows, all encrypted" : "rows", comparison.rows],
          ["of them never heard of by the sender", comparison.keptUnheard],
          ["deliveries answered OK", tally.answers.get("200 OK") ?? 0],
          ["deliveries counted by the inbox", comparison.deliveries],
          ["OK and lost", comparison.differences.filter((one) => one.startsWith("LOST")).length]
        ]
      }
    ],
    differences: outcome.differences
  }
}
