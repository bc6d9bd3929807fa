/**
 * One package as npm would get it: packs it, then looks at the tarball with publint and attw. Runs in the folder of the package.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { toolPath } from "./lib/tools.ts"
import { filesBelow, type Manifest, report, root } from "./lib/workspace.ts"

const folder = relative(root, process.cwd()).replaceAll("\\", "/")
const findings: Array<string> = []
const add = (sentence: string) => findings.push(`${folder}: ${sentence}`)
const scratch = mkdtempSync(join(tmpdir(), "yunmo-pack-"))
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }))

// `pnpm run` tells its children where pnpm itself is.
const pnpm = process.env.npm_execpath
if (pnpm === undefined)
  throw new Error(`Start this as a script of the package: pnpm --filter ./${folder} check:package`)
execFileSync(process.execPath, [pnpm, "pack", "--pack-destination", scratch], {
  stdio: ["ignore", "ignore", "inherit"]
})
const tarball = join(scratch, readdirSync(scratch)[0] ?? "nothing-was-packed")
const packed = (...args: ReadonlyArray<string>) => execFileSync("tar", args, { encoding: "utf8" })
const files = packed("-tzf", tarball)
  .trim()
  .split("\n")
  .map((file) => file.replace(/^package\//, ""))
const manifest: Manifest = JSON.parse(packed("-xzOf", tarball, "package/package.json"))

for (const file of ["README.md", "LICENSE"]) if (!files.includes(file)) add(`the tarball has no ${file}`)
for (const file of files) {
  if (/(^|\/)(test|reports|node_modules)\/|\.tsbuildinfo$|\.env/.test(file))
    add(`the tarball should not hold ${file}`)
  const source = /^dist\/(.+?)\.(?:d\.ts|js)(?:\.map)?$/.exec(file)?.[1]
  if (source !== undefined && !existsSync(`src/${source}.ts`)) {
    add(`the tarball holds ${file}, which has no source any more: run pnpm clean`)
  }
}
if (JSON.stringify(manifest).includes("workspace:")) add("the packed package.json still says workspace:")
if (manifest.exports?.["./*"] !== undefined && manifest.exports["./internal/*"] !== null) {
  add('the exports map leaves internal/ open: "./internal/*" must be null')
}

const { buffer } = new Uint8Array(readFileSync(tarball))
const { messages, pkg } = await publint({ pack: { tarball: buffer } })
for (const message of messages) add(`publint: ${formatMessage(message, pkg, { color: false })}`)

interface Problem {
  readonly kind: string
  readonly entrypoint?: string
  readonly resolutionKind?: string
}
// A program has no modules to import, so nothing for attw to resolve; every other package names each of its own.
const modules = filesBelow(`${folder}/src`, ".ts")
  .filter((file) => !file.includes("/internal/"))
  .map((file) => file.slice(`${folder}/src/`.length, -".ts".length))
if (manifest.exports?.["."] !== undefined) {
  const entries = modules.map((module) => (module === "index" ? "." : module))
  const args = [tarball, "--profile", "esm-only", "--format", "json", "--entrypoints", ...entries]
  const attw = spawnSync(process.execPath, [toolPath("@arethetypeswrong/cli", "attw"), ...args], {
    encoding: "utf8",
    maxBuffer: Number.POSITIVE_INFINITY
  })
  if (attw.status !== 0) {
    if (!attw.stdout.startsWith("{")) add(`attw could not look: ${attw.stderr}${attw.stdout}`)
    const { problems = {} }: { problems?: Record<string, ReadonlyArray<Problem>> } = JSON.parse(attw.stdout)
    for (const { entrypoint, kind, resolutionKind } of Object.values(problems).flat()) {
      if (["node10", "node16-cjs"].includes(resolutionKind ?? "")) continue
      add(`attw: ${kind} when importing ${entrypoint ?? "it"} (${resolutionKind ?? "any resolution"})`)
    }
  }
} else if (!existsSync("dist/bin.js")) add("there is neither a module to import nor a program to run")

report(`${files.length} packed files and ${modules.length} modules of ${manifest.name}`, findings)
