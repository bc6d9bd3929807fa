/** turbo, on as many cores as there are, without telemetry: `node scripts/turbo.ts run build`. */
import { spawnSync } from "node:child_process"
import { quiet, toolPath } from "./lib/tools.ts"
import { root } from "./lib/workspace.ts"

const args = [
  toolPath("turbo", "turbo"),
  ...process.argv.slice(2),
  "--concurrency=100%",
  "--continue=dependencies-successful"
]
const { status } = spawnSync(process.execPath, args, { cwd: root, env: quiet, stdio: "inherit" })
process.exit(status ?? 1)
