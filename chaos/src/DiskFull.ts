/**
 * Scenario: the disk under the webhook's database fills up, stays full, and has space again, while notifications come in
 * one by one. Each answer is in the transcript.
 *
 * The disk is either that of a folder, one on a small file system, which is filled to its last byte by a file of ours; or,
 * where no such folder is given, a limit on the size of the process's files, which needs no rights and no mount.
 */
import { execFile } from "node:child_process"
import { closeSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Apps from "./Apps.js"
import * as Compare from "./Compare.js"
import * as Database from "./Database.js"
import * as Message from "./Message.js"
import type { Report } from "./Report.js"
import * as Sender from "./Sender.js"
import * as Supervisor from "./Supervisor.js"
import * as Tally from "./Tally.js"

export interface Options {
  readonly seed: number
  /** Of a small file system; a limit on the process's files when not given. */
  readonly folder: Option.Option<string>
}

/** Answers of the same kind in a row. */
export interface Episode {
  readonly answer: string
  readonly first: number
  readonly last: number
}

export interface Outcome {
  readonly options: Options
  readonly transcript: ReadonlyArray<Episode | string>
  readonly comparison: Compare.Comparison
  /** OKs from the first refusal until space came back: a full disk can keep nothing. */
  readonly oksWhileFull: number
  readonly refusals: number
  readonly oksAfterwards: number
  readonly differences: ReadonlyArray<string>
}

/** Notifications sent to the full disk. */
const whileFull = 60
/** After how many it has to be full. */
const atMost = 5_000

interface Disk {
  readonly webhook: Apps.Harm
  /** What is small here, from the start. */
  readonly bounds: string
  /** Fills it, and says how; nothing where it is left to the notifications. */
  readonly fill: Effect.Effect<string | undefined>
  /** Says how. */
  readonly giveBack: (pid: number) => Effect.Effect<string>
}

const fileSizeLimit = 1024 * 1024

const limited = (database: Database.Database): Disk => ({
  webhook: { fileSizeLimit },
  bounds: `no file of the webhook may be larger than ${fileSizeLimit / 1024} KiB`,
  fill: Effect.succeed(undefined),
  giveBack: (pid) =>
    Effect.async<boolean>((resume) => {
      execFile("prlimit", ["--pid", String(pid), "--fsize=unlimited:unlimited"], (error) =>
        resume(Effect.succeed(error === null))
      )
    }).pipe(
      Effect.flatMap((raised) =>
        raised
          ? Effect.succeed("the limit is lifted (prlimit)")
          : // Not every system can lift a limit from outside. What is full is the write-ahead log: somebody else empties it.
            Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA wal_checkpoint(TRUNCATE)`).pipe(
              Effect.provide(database.look),
              Effect.orDie,
              Effect.as("another process empties the write-ahead log")
            )
      )
    )
})

const filled = (folder: string): Disk => {
  const filler = join(folder, "filler")
  return {
    webhook: {},
    bounds: "the database is on a small file system",
    fill: Effect.sync(() => {
      const file = openSync(filler, "a")
      // Blocks first, then bytes: whatever is left would be enough for a few more rows.
      for (const size of [65_536, 512, 1]) {
        const bytes = Buffer.alloc(size)
        let full = false
        while (!full) {
          try {
            full = writeSync(file, bytes) < size
          } catch {
            full = true
          }
        }
      }
      closeSync(file)
      return "a file of ours takes every byte that is left"
    }),
    giveBack: () =>
      Effect.sync(() => {
        rmSync(filler)
        return "the file that took all space is removed"
      })
  }
}

const nameOf = (answer: Sender.Answer): string =>
  answer._tag === "Answered"
    ? answer.status === 503
      ? `503, Retry-After: ${answer.retryAfter}`
      : `${answer.status} ${answer.body}`
    : answer._tag

export const run = (options: Options): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const folder = Option.getOrUndefined(options.folder)
    const database = Database.sqlite(folder ?? (yield* Folder.temporary))
    const disk = folder === undefined ? limited(database) : filled(folder)
    yield* Effect.addFinalizer(() =>
      folder === undefined
        ? Effect.void
        : Effect.sync(() => {
            for (const suffix of ["", "-wal", "-shm"]) {
              rmSync(`${database.setting}${suffix}`, { force: true })
            }
          })
    )
    const port = yield* Port.lasting
    const webhook = yield* Supervisor.start(Apps.webhook({ database, port, ...disk.webhook }))
    const sender = yield* Sender.make
    const tally = Tally.make()
    const transcript: Array<Episode | string> = []
    const refused: Array<number> = []
    let next = 0

    const send = (index: number) =>
      Effect.gen(function* () {
        const message = Message.of(options.seed, index)
        const sent = tally.about(index, message, "never")
        const answer = yield* sender.send(Apps.webhookUrl(port), message.body)
        tally.hear(sent, answer)
        const name = nameOf(answer)
        const before = transcript.at(-1)
        if (typeof before === "object" && before.answer === name && before.last === index - 1) {
          transcript[transcript.length - 1] = { ...before, last: index }
        } else {
          transcript.push({ answer: name, first: index, last: index })
        }
        if (!Sender.isOk(answer)) {
          refused.push(index)
        }
        return Sender.isOk(answer)
      })
    const sendNext = Effect.suspend(() => {
      next += 1
      return send(next - 1)
    })
    const several = (times: number) =>
      Effect.map(Effect.replicateEffect(sendNext, times), (oks) => oks.filter((ok) => ok).length)

    transcript.push(disk.bounds)
    yield* several(20)
    const filling = yield* disk.fill
    transcript.push(...(filling === undefined ? [] : [filling]))
    while (next < atMost && (yield* sendNext)) {}
    const oksWhileFull = yield* several(whileFull)
    const refusals = refused.length
    transcript.push(yield* disk.giveBack(webhook.current().process.pid ?? 0))
    const oksAfterwards = yield* several(20)
    transcript.push("the vendor sends again what was refused")
    yield* Effect.forEach(refused.splice(0), send)
    yield* webhook.kill
    const comparison = yield* Compare.compare(database, tally)
    const outcome: Outcome = {
      options,
      transcript,
      comparison,
      oksWhileFull,
      refusals,
      oksAfterwards,
      differences: [
        ...comparison.differences,
        ...webhook.crashes(),
        ...(refusals === 0 ? [`The disk was not full after ${next} notifications.`] : []),
        ...(oksAfterwards === 20
          ? []
          : [`Only ${oksAfterwards} of 20 were answered OK once there was space again.`]),
        ...(refused.length === 0 ? [] : [`${refused.length} were refused again once there was space again.`])
      ]
    }
    return outcome
  }).pipe(Effect.scoped)

const line = (entry: Episode | string): string =>
  typeof entry === "string"
    ? `-- ${entry} --`
    : entry.first === entry.last
      ? `notification ${entry.first}: ${entry.answer}`
      : `notifications ${entry.first} to ${entry.last}: ${entry.answer}`

export const report = ({
  comparison,
  differences,
  oksWhileFull,
  options,
  refusals,
  transcript
}: Outcome): Report => ({
  title: "Disk full",
  command: `pnpm chaos disk-full --seed ${options.seed}${Option.match(options.folder, { onNone: () => "", onSome: (folder) => ` --folder ${folder}` })}`,
  transcript: transcript.map(line),
  tables: [
    {
      title: "Counts",
      rows: [
        ["refused with 503 and Retry-After", refusals],
        ["answered OK after the first refusal, while full", oksWhileFull],
        ["messages answered OK in the end", comparison.acknowledged],
        ["rows", comparison.rows],
        ["OK and lost", comparison.differences.filter((one) => one.startsWith("LOST")).length]
      ]
    }
  ],
  differences
})
