/**
 * Builds what has changed, then becomes the given program: `node scripts/start.ts apps/demo/dist/main.js --json`. Settings
 * come from the environment and, where that does not have them, from `.env` or from the file of `--env-file FILE`.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
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
const option = args.indexOf("--env-file")
const [, envFile] = option === -1 ? [] : args.splice(option, 2)
const settings = envFile === undefined ? join(root, ".env") : resolve(envFile)
if (envFile !== undefined && !existsSync(settings)) {
  process.stderr.write(`There is no file ${settings} (--env-file).\n`)
  process.exit(1)
}
if (existsSync(settings)) process.loadEnvFile(settings)
const path = join(root, program)
process.argv = [process.execPath, path, ...args]
await import(pathToFileURL(path).href)
