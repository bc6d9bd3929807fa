/** `pnpm bench client`: P2. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { median, type Plan } from "../measure.js"
import { type Contestant, contestants } from "./contestants.js"

const atOnce = 32

/** Calls in one turn. */
const turn = 1600

interface Turn {
  /** Calls in a second. */
  readonly rate: number
  /** Microseconds of processor time, of this process alone, for one call. */
  readonly cpu: number
}

const time = async ({ name, run }: Contestant): Promise<Turn> => {
  const cpu = process.cpuUsage()
  const began = performance.now()
  const sum = await run(turn, atOnce)
  const took = performance.now() - began
  const { system, user } = process.cpuUsage(cpu)
  if (sum !== 1250.75 * turn) {
    throw new Error(`${name} did not read ${turn} balances`)
  }
  return { rate: (turn * 1000) / took, cpu: (user + system) / turn }
}

type Turns = ReadonlyArray<ReadonlyArray<Turn>>

/** Warm-up rounds are thrown away. */
const warmUp = 3

const measured = async (all: ReadonlyArray<Contestant>, rounds: number): Promise<Turns> => {
  const turns: ReadonlyArray<Array<Turn>> = all.map(() => [])
  for (let round = 0; round < rounds + warmUp; round++) {
    // Another one begins each round: what the one before leaves in caches and to the collector falls on all alike.
    for (let offset = 0; offset < all.length; offset++) {
      const index = (round + offset) % all.length
      const contestant = all[index]
      if (contestant !== undefined) {
        const taken = await time(contestant)
        if (round >= warmUp) turns[index]?.push(taken)
      }
    }
  }
  return turns
}

const ratio = (turns: Turns, index: number, by: number): number =>
  median((turns[index] ?? []).map(({ rate }, round) => rate / (turns[by]?.[round]?.rate ?? Number.NaN)))

const print = (title: string, all: ReadonlyArray<Contestant>, turns: Turns): void => {
  console.log(
    `${title.padEnd(50)}${"calls/s".padStart(9)}${"CPU µs".padStart(9)}${"of floor".padStart(10)}${"of fetch".padStart(10)}`
  )
  all.forEach(({ name }, index) => {
    const own = turns[index] ?? []
    const rate = Math.round(median(own.map(({ rate }) => rate)))
    const cpu = Math.round(median(own.map(({ cpu }) => cpu)))
    console.log(
      `  ${name.padEnd(48)}${String(rate).padStart(9)}${String(cpu).padStart(9)}${ratio(turns, index, 0).toFixed(2).padStart(10)}${ratio(turns, index, 1).toFixed(2).padStart(10)}`
    )
  })
}

export const client = async ({ rounds }: Plan): Promise<void> => {
  const vendor = fork(fileURLToPath(new URL("./vendor.js", import.meta.url)), ["serve"])
  const [port] = await once(vendor, "message")
  const { floor, others, ours } = contestants(`http://127.0.0.1:${port}`)
  console.log(
    `P2: signed calls (4.06, one field in, eleven out), ${atOnce} at once, over loopback, against one server in another process.\n`
  )
  try {
    const all = [...floor, ...ours]
    const turns = await measured(all, rounds)
    print("", all, turns)
    // In rounds of their own: what an engine has learned of one client slows the others down.
    const more = [...floor, ...others]
    console.log("")
    print("Through platform's own clients", more, await measured(more, rounds))
    console.log(
      `\nP2 ${ratio(turns, 2, 0).toFixed(2)} of the floor (goal 0.50), ${ratio(turns, 2, 1).toFixed(2)} of fetch (goal 1.50), both with tracing off`
    )
  } finally {
    await Promise.all([...floor, ...ours, ...others].map(({ close }) => close()))
    vendor.disconnect()
  }
}
