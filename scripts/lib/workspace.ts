/** The packages and apps of this workspace, read from disk. */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "..", "..")
export const scope = "@effect-yunmo/"

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Record<string, unknown>
  readonly scripts?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

export interface Workspace {
  /** The folder from the root, as in `packages/signing`. */
  readonly folder: string
  readonly manifest: Manifest
  readonly published: boolean
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))

export const workspaces: ReadonlyArray<Workspace> = ["packages", "apps"]
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
  .concat("benchmarks", "chaos", "examples", "test-support")
  .filter((folder) => existsSync(join(root, folder, "package.json")))
  .sort()
  .map((folder) => {
    const manifest = readManifest(folder)
    return { folder, manifest, published: manifest.private !== true }
  })

/** Every file below a folder that ends in one of the given ways, from the root; none when the folder is absent. */
export const filesBelow = (folder: string, ...endings: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll("\\", "/")
    )
    .sort()
}

/** Prints what a check found, one sentence per finding, and ends the process with its verdict. */
export const report = (looked: string, findings: ReadonlyArray<string>): never => {
  for (const finding of findings) console.log(finding)
  console.log(
    findings.length === 0
      ? `Checked ${looked}: nothing to report.`
      : `Checked ${looked}: ${findings.length} to mend.`
  )
  process.exit(findings.length === 0 ? 0 : 1)
}

export const git = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim()
