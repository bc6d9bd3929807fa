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
const fail = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
const option = args.findIndex((arg) => arg === "--env-file" || arg.startsWith("--env-file="))
const [name, value] = option === -1 ? [] : args.splice(option, args[option] === "--env-file" ? 2 : 1)
const envFile = value ?? name?.slice("--env-file=".length)
if (name !== undefined && !envFile) fail("--env-file needs a file: --env-file FILE")
const settings = envFile ? resolve(envFile) : join(root, ".env")
if (envFile && !existsSync(settings)) fail(`There is no file ${settings} (--env-file).`)
if (existsSync(settings)) process.loadEnvFile(settings)
const path = join(root, program)
process.argv = [process.execPath, path, ...args]
await import(pathToFileURL(path).href)
