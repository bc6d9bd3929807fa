/**
 * `pnpm test:runtimes`: the signature's vectors on Node 20, 22, 24 and 26, Bun and Deno, whatever runs this. Each comes from
 * the package registry into a temporary folder; one that cannot be had for this machine is named and no failure. Not part of
 * `pnpm test`, because it downloads some hundred megabytes.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { quiet, toolPath } from "./lib/tools.ts"
import { root } from "./lib/workspace.ts"

interface Runtime {
  readonly name: string
  /** What to install, and where its program then is. */
  readonly install: string
  readonly program: string
  readonly args: ReadonlyArray<string>
}

const { arch, platform } = process
const exe = platform === "win32" ? ".exe" : ""
const nodePlatform = platform === "win32" ? "win" : platform
const bunPlatform = platform === "win32" ? "windows" : platform
const denoPlatform = platform === "linux" ? `linux-${arch}-glibc` : `${platform}-${arch}`

const runtimes: ReadonlyArray<Runtime> = [
  ...[20, 22, 24, 26].map((major) => {
    const name = `node-${nodePlatform}-${arch}`
    return { name: `Node ${major}`, install: `${name}@${major}`, program: `${name}/bin/node${exe}`, args: [] }
  }),
  {
    name: "Bun",
    install: `@oven/bun-${bunPlatform}-${arch === "arm64" ? "aarch64" : arch}@1`,
    program: `@oven/bun-${bunPlatform}-${arch === "arm64" ? "aarch64" : arch}/bin/bun${exe}`,
    args: ["run"]
  },
  {
    name: "Deno",
    install: `@deno/${denoPlatform}@2`,
    program: `@deno/${denoPlatform}/deno${exe}`,
    args: ["run", "--no-lock", "--node-modules-dir=manual", "--allow-read", "--allow-env", "--allow-sys"]
  }
]

const built = spawnSync(
  process.execPath,
  [toolPath("turbo", "turbo"), "run", "build", "--filter=@effect-yunmo/signing"],
  {
    cwd: root,
    env: quiet,
    encoding: "utf8"
  }
)
if (built.status !== 0) {
  console.error(built.stdout + built.stderr)
  process.exit(1)
}

// pnpm, when it started this; npm, which is where Node is, when not.
const { npm_execpath: pnpm } = process.env
const install = (folder: string, spec: string) =>
  pnpm?.includes("pnpm")
    ? spawnSync(
        process.execPath,
        [pnpm, "add", "--ignore-workspace", "--ignore-scripts", "--dir", folder, spec],
        { cwd: folder, encoding: "utf8" }
      )
    : spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", spec], {
        cwd: folder,
        encoding: "utf8",
        shell: platform === "win32"
      })

const versionOf = (program: string) =>
  (spawnSync(program, ["--version"], { encoding: "utf8" }).stdout ?? "").split("\n")[0]?.trim() ?? ""

const vectors = join(root, "scripts", "runtimes", "vectors.mjs")
const folder = mkdtempSync(join(tmpdir(), "yunmo-runtimes-"))
let passed = 0
let failed = 0
const missing: Array<string> = []
try {
  for (const [index, { args, install: spec, name, program }] of runtimes.entries()) {
    const own = join(folder, String(index))
    mkdirSync(own)
    writeFileSync(join(own, "package.json"), '{ "private": true }\n')
    const installed = install(own, spec)
    const path = join(own, "node_modules", program)
    if (installed.status !== 0 || !existsSync(path)) {
      missing.push(name)
      const [why = ""] = `${installed.stderr}\n${installed.stdout}`
        .split("\n")
        .filter((line) => /ERR|error|404/i.test(line))
      console.log(`${name.padEnd(10)}cannot be had here: ${spec}${why === "" ? "" : ` (${why.trim()})`}`)
      continue
    }
    const run = spawnSync(path, [...args, vectors], { cwd: root, encoding: "utf8" })
    const isGood = run.status === 0
    passed += isGood ? 1 : 0
    failed += isGood ? 0 : 1
    const said = isGood ? run.stdout.trim() : `FAILED\n${run.stdout}${run.stderr}`
    console.log(`${name.padEnd(10)}${versionOf(path).padEnd(28)}${said}`)
    rmSync(own, { recursive: true, force: true })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (missing.length > 0) console.log(`\nNot tested, because it could not be had: ${missing.join(", ")}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
