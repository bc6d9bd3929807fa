/**
 * A changeset for every change of a published package.
 *
 * Changed means: what ships differs from the point where this work began. That is where the branch left origin/main; on main
 * itself the last release of the package; before its first release, nothing at all.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { git, type Manifest, report, root, type Workspace, workspaces } from "./lib/workspace.ts"

const attempt = (...args: ReadonlyArray<string>): string | undefined => {
  try {
    return git(...args)
  } catch {
    return undefined
  }
}

const nothing = "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // git's name of the empty tree
const findings: Array<string> = []

/** Where the branch left main; undefined on main itself, and where there is no origin. */
const fork = (() => {
  const base = attempt("merge-base", "HEAD", "origin/main")
  return base === attempt("rev-parse", "HEAD") ? undefined : base
})()

const baseOf = ({ manifest }: Workspace): string => {
  if (fork !== undefined) return fork
  const [release] = git(
    "tag",
    "--list",
    `${manifest.name}@*`,
    "--merged",
    "HEAD",
    "--sort=-creatordate"
  ).split("\n")
  if (release) return release
  // In a shallow clone the tags may just be out of sight: look at what is new on top of the oldest commit there is.
  const shallow = git("rev-parse", "--is-shallow-repository") === "true"
  return shallow && manifest.version !== "0.0.0"
    ? (git("rev-list", "--max-parents=0", "HEAD").split("\n")[0] ?? nothing)
    : nothing
}

const changedFiles = ({ folder }: Workspace, base: string): ReadonlyArray<string> => {
  const ships = ["src", "package.json", "README.md"].map((path) => `${folder}/${path}`)
  const tracked = git("diff", "--name-only", base, "--", ...ships)
  const untracked = git("ls-files", "--others", "--exclude-standard", "--", ...ships)
  return `${tracked}\n${untracked}`.split("\n").filter((file) => file !== "")
}

/** A version of its own means that its changesets have just become a release: `changeset version` removes them. */
const versionAt = (base: string, folder: string): string => {
  const old = base === nothing ? undefined : attempt("show", `${base}:${folder}/package.json`)
  const manifest: Manifest | undefined = old === undefined ? undefined : JSON.parse(old)
  return manifest?.version ?? "0.0.0"
}

if (!existsSync(join(root, ".git"))) {
  report("nothing", [
    "This is not a git checkout, so nobody can tell what changed: clone the repository instead."
  ])
}
const published = workspaces.filter((workspace) => workspace.published)
const pending = new Map<string, string>()
for (const file of readdirSync(join(root, ".changeset")).filter(
  (name) => name.endsWith(".md") && name !== "README.md"
)) {
  const [, head = ""] = readFileSync(join(root, ".changeset", file), "utf8").split(/^---$/m)
  for (const [, name = ""] of head.matchAll(
    /^["']?([^"':\s]+)["']?\s*:\s*(?:major|minor|patch|none)\s*$/gm
  )) {
    pending.set(name, file)
    if (!published.some(({ manifest }) => manifest.name === name)) {
      findings.push(`.changeset/${file} names ${name}, which is not a published package`)
    }
  }
}
for (const workspace of published) {
  const { folder, manifest } = workspace
  const base = baseOf(workspace)
  const [first, ...others] = changedFiles(workspace, base)
  if (first === undefined || pending.has(manifest.name) || manifest.version !== versionAt(base, folder))
    continue
  const more = others.length === 0 ? "" : ` and ${others.length} more`
  const since = base === fork ? "changed on this branch" : `changed since ${base.slice(0, 60)}`
  const what = base === nothing ? "has never been released" : since
  findings.push(`${manifest.name} ${what} (${first}${more}), but no changeset names it: run pnpm changeset`)
}
report(`${published.length} published packages against ${pending.size} named in changesets`, findings)
