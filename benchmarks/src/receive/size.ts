/** P5: what receiving and dispatching cost in a large inbox, by what they cost in a small one. */
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Storage from "@effect-yunmo/notifications/Storage"
import Database from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { median } from "../measure.js"
import { app, open, type Place, type Running } from "./contestants.js"
import { fill, waiting } from "./fill.js"
import { type Generator, startGenerator } from "./process.js"
import { type Turn, take, Wrong } from "./turn.js"

export interface Sizes {
  readonly small: number
  readonly large: number
  /** Notifications in one turn. */
  readonly turn: number
}

/** The rows of one turn of dispatch are taken in so many. */
const batch = 100

/** Looks at an inbox in which nothing waits, in one turn. */
const looks = 200

/** A worker's part of an inbox: rows taken, and marked as handled, a batch in one transaction. */
const dispatcher = (filename: string) => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(Inbox.layer, Sqlite.layer({ filename })))
  const one = Effect.gen(function* () {
    const inbox = yield* Inbox.Inbox
    const rows = yield* inbox.ready(batch, Date.now())
    const marked = yield* Storage.transaction(Effect.forEach(rows, ({ id }) => inbox.markHandled(id)))
    return marked.filter((each) => each).length
  })
  const timed = async (
    effect: Effect.Effect<number, unknown, Inbox.Inbox | Effect.Effect.Context<typeof one>>
  ) => {
    const began = performance.now()
    const count = await runtime.runPromise(effect)
    return { count, microseconds: (performance.now() - began) * 1000 }
  }
  return {
    /** Microseconds for a row. */
    handle: async (): Promise<number> => {
      const { count, microseconds } = await timed(
        Effect.map(Effect.replicateEffect(one, waiting / batch), (counts) =>
          counts.reduce((sum, each) => sum + each, 0)
        )
      )
      if (count !== waiting) {
        throw new Wrong(`${count} of ${waiting} waiting rows were handled`)
      }
      return microseconds / count
    },
    /** Microseconds for a look that finds nothing. */
    look: async (): Promise<number> => {
      const { count, microseconds } = await timed(
        Effect.flatMap(Inbox.Inbox, (inbox) =>
          Effect.map(
            Effect.replicateEffect(inbox.ready(batch, Date.now()), looks),
            (found) => found.flat().length
          )
        )
      )
      if (count !== 0) {
        throw new Wrong(`${count} rows wait where none should`)
      }
      return microseconds / looks
    },
    close: () => runtime.dispose()
  }
}

interface Subject extends Running {
  readonly dispatcher: ReturnType<typeof dispatcher>
  /** As it was before the turn. */
  readonly restore: () => void
}

const prepare = async (rows: number, place: Place, generator: Generator): Promise<Subject> => {
  const contestant = app(`webhook-${rows}`, `${rows} rows`, "SQLite")
  await fill(contestant, place, generator, rows)
  const running = await open(contestant, place)
  const { location } = running.store
  const restore = () => {
    const database = new Database(location)
    try {
      database.pragma("synchronous = OFF")
      database.prepare("DELETE FROM yunmo_inbox WHERE id > ?").run(rows)
      database
        .prepare("UPDATE yunmo_inbox SET state = 'pending', handled_at = NULL WHERE id > ?")
        .run(rows - waiting)
      database.pragma("wal_checkpoint(TRUNCATE)")
    } finally {
      database.close()
    }
  }
  return { ...running, dispatcher: dispatcher(location), restore }
}

interface Costs {
  readonly received: Turn
  readonly handle: number
  readonly look: number
}

const costs = async (
  subject: Subject,
  generator: Generator,
  load: Parameters<typeof take>[2]
): Promise<Costs> => {
  subject.restore()
  const handle = await subject.dispatcher.handle()
  const look = await subject.dispatcher.look()
  subject.restore()
  return { handle, look, received: await take(subject, generator, load) }
}

/** Rounds that do not count. */
const warmUp = 2

export interface Asked {
  readonly rounds: number
  readonly connections: number
  readonly seed: number
}

const goal = 1.2

export const bySize = async (
  { connections, rounds, seed }: Asked,
  folder: string,
  { large, small, turn }: Sizes = { small: 10_000, large: 1_000_000, turn: 6000 }
): Promise<ReadonlyArray<number>> => {
  const place: Place = { folder, postgres: undefined }
  const generator = startGenerator()
  const subjects: Array<Subject> = []
  try {
    const began = performance.now()
    const prepared = async (rows: number) => {
      const subject = await prepare(rows, place, generator)
      subjects.push(subject)
      return subject
    }
    const few = await prepared(small)
    const many = await prepared(large)
    console.log(
      `P5, SQLite: the webhook app and a dispatcher on an inbox of ${small.toLocaleString("en")} rows and of ${large.toLocaleString("en")} (filled in ${((performance.now() - began) / 1000).toFixed(0)} s), ${waiting} of them waiting, almost all others handled`
    )
    const pairs: Array<readonly [few: Costs, many: Costs]> = []
    for (let round = -warmUp; round < rounds; round++) {
      const load = { connections, seed, from: (round + warmUp + 1) * turn, count: turn }
      // They take turns in being first.
      const first = await costs(round % 2 === 0 ? few : many, generator, load)
      const second = await costs(round % 2 === 0 ? many : few, generator, load)
      if (round >= 0) pairs.push(round % 2 === 0 ? [first, second] : [second, first])
    }
    const line = (name: string, cost: (costs: Costs) => number): number => {
      const ratio = median(pairs.map(([few, many]) => cost(many) / cost(few)))
      const cells = [0, 1].map((index) => median(pairs.map((pair) => cost(pair[index as 0 | 1]))).toFixed(1))
      console.log(
        `  ${name.padEnd(46)}${cells.map((cell) => `${cell} µs`.padStart(12)).join("")}${ratio.toFixed(2).padStart(8)}`
      )
      return ratio
    }
    const ratios = [
      line("a notification received", ({ received }) => 1e6 / received.rate),
      line("a row taken and marked as handled", ({ handle }) => handle),
      line("a look when nothing waits", ({ look }) => look)
    ]
    line("for comparison, processor time of a receipt", ({ received }) => received.serverCpu)
    console.log(`\nP5 ${Math.max(...ratios).toFixed(2)} at most (goal ${goal})\n`)
    return ratios
  } finally {
    await Promise.all([
      generator.stop(),
      ...subjects.flatMap(({ dispatcher, server }) => [dispatcher.close(), server.stop()])
    ])
  }
}
