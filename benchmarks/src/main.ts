/** `pnpm bench <what>`: every figure as a ratio, measured in one run with its floor and its peers beside it. */
import { arch, cpus, platform } from "node:os"
import { parseArgs } from "node:util"
import { client } from "./client/bench.js"
import { defaultPlan, type Plan } from "./measure.js"
import { sandbox } from "./sandbox/bench.js"
import { signing } from "./signing/bench.js"

const benches: Readonly<Record<string, (plan: Plan) => Promise<void>>> = { signing, client, sandbox }

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: String(defaultPlan.rounds) } }
})
const rounds = Number(values.rounds)
const chosen = positionals.map((name) => ({ name, bench: benches[name] }))
const unknown = chosen.find(({ bench }) => bench === undefined)
if (chosen.length === 0 || unknown !== undefined || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`Usage: pnpm bench <${Object.keys(benches).join(" | ")}> [--rounds 41]`)
  process.exitCode = 2
} else {
  const [cpu] = cpus()
  console.log(
    `Node ${process.versions.node}, ${platform()} ${arch()}, ${cpus().length} × ${cpu?.model.trim()}\n`
  )
  for (const { bench } of chosen) {
    await bench?.({ ...defaultPlan, rounds })
  }
}
