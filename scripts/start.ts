/** Builds what has changed, then becomes the given program: `node scripts/start.ts apps/demo/dist/main.js --json`. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { quiet, toolPath } from "./lib/tools.ts"
import { root } from "./lib/workspace.ts"

const [, , program = "", ...args] = process.argv
const turbo = [toolPath("turbo", "turbo"), "run", "build", "--concurrency=100%"]
// Standard output belongs to the program.
const built = spawnSync(process.execPath, turbo, {
  cwd: root,
  env: quiet,
  stdio: ["ignore", "pipe", "inherit"]
})
if (built.status !== 0) {
  process.stderr.write(built.stdout)
  process.exit(1)
}
const path = join(root, program)
process.argv = [process.execPath, path, ...args]
await import(pathToFileURL(path).href)
