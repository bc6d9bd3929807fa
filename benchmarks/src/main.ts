/** `pnpm bench <what>`: every figure as a ratio, measured in one run with its floor and its peers beside it. */
import { arch, cpus, platform } from "node:os"
import { parseArgs } from "node:util"
import { client } from "./client/bench.js"
import { defaultPlan } from "./measure.js"
import { receive } from "./receive/bench.js"
import { contestants } from "./receive/contestants.js"
import { sandbox } from "./sandbox/bench.js"
import { signing } from "./signing/bench.js"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    connections: { type: "string", default: "64" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    folder: { type: "string" }
  }
})
const plan = { ...defaultPlan, rounds: Number(values.rounds ?? defaultPlan.rounds) }
const asked = {
  rounds: Number(values.rounds ?? 11),
  connections: Number(values.connections),
  seed: Number(values.seed),
  only: values.only?.split(","),
  folder: values.folder
}

const benches: Readonly<Record<string, () => Promise<void>>> = {
  signing: () => signing(plan),
  client: () => client(plan),
  sandbox: () => sandbox(plan),
  receive: () => receive(asked)
}

const parts = [...contestants.map(({ id }) => id), "size"]
const chosen = positionals.map((name) => benches[name])
const isWrong =
  chosen.length === 0 ||
  chosen.includes(undefined) ||
  [plan.rounds, asked.rounds, asked.connections].some((count) => !Number.isInteger(count) || count < 1) ||
  !Number.isInteger(asked.seed) ||
  asked.only?.some((part) => !parts.includes(part)) === true
if (isWrong) {
  console.error(`Usage: pnpm bench <${Object.keys(benches).join(" | ")}> [--rounds 41]
       pnpm bench receive [--rounds 11] [--connections 64] [--seed 1] [--folder DIR] [--only A,B,…]
                          of ${parts.join(", ")}`)
  process.exitCode = 2
} else {
  const [cpu] = cpus()
  console.log(
    `Node ${process.versions.node}, ${platform()} ${arch()}, ${cpus().length} × ${cpu?.model.trim()}\n`
  )
  try {
    for (const bench of chosen) {
      await bench?.()
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
