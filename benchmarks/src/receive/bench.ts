/** `pnpm bench receive`: P3 and P5. */
import { rmSync } from "node:fs"
import { loadavg } from "node:os"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { median } from "../measure.js"
import { type Contestant, contestants, open, type Place, type Running } from "./contestants.js"
import { makeFolder, syncCost } from "./disk.js"
import { type Generator, startGenerator } from "./process.js"
import { bySize } from "./size.js"
import { type Turn, take } from "./turn.js"

export interface Asked {
  readonly rounds: number
  readonly connections: number
  readonly seed: number
  /** Ids of contestants, and `size` for P5; all of them when not given. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Where the databases are made; the system's temporary folder when not given. */
  readonly folder?: string | undefined
}

/** Notifications in one turn. */
const turn = 6000

/** Rounds that do not count: only after some 20,000 notifications has the engine compiled what it will compile. */
const warmUp = 4

const opened = async (all: ReadonlyArray<Contestant>, place: Place): Promise<ReadonlyArray<Running>> => {
  const running: Array<Running> = []
  for (const contestant of all) {
    running.push(await open(contestant, place))
  }
  return running
}

/** All contestants of one kind of database, taking turns. */
const compete = async (
  running: ReadonlyArray<Running>,
  generator: Generator,
  { connections, rounds, seed }: Asked
): Promise<ReadonlyArray<ReadonlyArray<Turn>>> => {
  const turns: ReadonlyArray<Array<Turn>> = running.map(() => [])
  for (let round = -warmUp; round < rounds; round++) {
    // Another one begins each round: what the one before leaves in caches and to the collector falls on all alike.
    for (let offset = 0; offset < running.length; offset++) {
      const index = (round + warmUp + offset) % running.length
      const one = running[index]
      if (one !== undefined) {
        const from = (round + warmUp) * turn
        const taken = await take(one, generator, { connections, seed, from, count: turn })
        if (round >= 0) turns[index]?.push(taken)
      }
    }
  }
  return turns
}

const columns = ["/s", "of floor", "of 1 by 1", "CPU µs", "p50 ms", "p99 ms", "MB"]

const table = (running: ReadonlyArray<Running>, turns: ReadonlyArray<ReadonlyArray<Turn>>): void => {
  const indexOf = (kind: Contestant["kind"], id?: string) =>
    running.findIndex(
      ({ contestant }) => contestant.kind === kind && (id === undefined || contestant.id === id)
    )
  /** In each round the one by the other; the median of that. */
  const ratio = (index: number, by: number): number =>
    median((turns[index] ?? []).map(({ rate }, round) => rate / (turns[by]?.[round]?.rate ?? Number.NaN)))
  const floor = indexOf("floor")
  const quickest = running
    .flatMap(({ contestant }, index) => (contestant.kind === "one by one" ? [index] : []))
    .toSorted((a, b) => ratio(b, floor) - ratio(a, floor))[0]
  const shown = (value: number, places = 0) => (Number.isNaN(value) ? "-" : value.toFixed(places))
  console.log(`  ${"".padEnd(46)}${columns.map((column) => column.padStart(10)).join("")}`)
  running.forEach(({ contestant }, index) => {
    const of = (value: (turn: Turn) => number) => median((turns[index] ?? []).map(value))
    const cells = [
      shown(of(({ rate }) => rate)),
      shown(floor === -1 ? Number.NaN : ratio(index, floor), 2),
      shown(quickest === undefined ? Number.NaN : ratio(index, quickest), 2),
      shown(of(({ serverCpu }) => serverCpu)),
      shown(
        of(({ p50 }) => p50),
        1
      ),
      shown(
        of(({ p99 }) => p99),
        1
      ),
      shown(of(({ memory }) => memory) / 1024 / 1024)
    ]
    console.log(`  ${contestant.name.padEnd(46)}${cells.map((cell) => cell.padStart(10)).join("")}`)
  })
  const cpu = median(turns.flatMap((own) => own.map((taken) => taken.cpu)))
  console.log(`  The generator took ${cpu.toFixed(0)} µs of processor time for each notification.\n`)
  const ours = indexOf("ours")
  const express = indexOf("batched", "express-batched")
  if (ours !== -1 && floor !== -1) {
    const more = [
      quickest === undefined
        ? undefined
        : `${ratio(ours, quickest).toFixed(2)} times the quickest one by one (goal 4)`,
      express === -1 ? undefined : `${ratio(ours, express).toFixed(2)} of Express per turn (goal above 1)`
    ].flatMap((part) => part ?? [])
    const { on } = (running[ours] as Running).contestant
    console.log(
      `P3 on ${on}: ${[`${ratio(ours, floor).toFixed(2)} of the floor (goal 0.70)`, ...more].join(", ")}\n`
    )
  }
}

const withPostgres = <A>(needed: boolean, use: (url: string | undefined) => Promise<A>): Promise<A> =>
  Effect.runPromise(
    Effect.scopedWith((scope) =>
      Effect.flatMap(
        needed
          ? Effect.map(Scope.extend(Postgres.server, scope), ({ urlOf }) => urlOf("postgres"))
          : Effect.succeed(undefined),
        (url) => Effect.promise(() => use(url))
      )
    )
  )

export const receive = async (asked: Asked): Promise<void> => {
  const { connections, only, rounds, seed } = asked
  const chosen = contestants.filter(({ id, onlyWhenNamed }) => only?.includes(id) ?? !onlyWhenNamed)
  const folder = makeFolder(asked.folder)
  try {
    console.log(
      `Signed notifications of 977 bytes, each another, kept before OK; ${connections} connections over loopback, ${rounds} rounds of ${turn}, seed ${seed}.`
    )
    console.log(
      `All databases on one disk, where 4 KB take ${syncCost(folder).toFixed(0)} µs to be synced; load of the machine ${loadavg()[0]?.toFixed(1)}.\n`
    )
    for (const on of ["SQLite", "PostgreSQL"] as const) {
      const all = chosen.filter((contestant) => contestant.on === on)
      if (all.length > 0) {
        await withPostgres(on === "PostgreSQL", async (postgres) => {
          const generator = startGenerator()
          const running = await opened(all, { folder, postgres })
          try {
            const turns = await compete(running, generator, asked)
            console.log(
              on === "SQLite"
                ? "P3, SQLite: write-ahead log, synchronous=FULL read back from each contestant's connection after each turn"
                : "P3, PostgreSQL: fsync and synchronous_commit on, read back after each turn; its own processor time is not in the column"
            )
            table(running, turns)
          } finally {
            await Promise.all([generator, ...running.map(({ server }) => server)].map((each) => each.stop()))
          }
        })
      }
    }
    if (only === undefined || only.includes("size")) {
      await bySize(asked, folder)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
