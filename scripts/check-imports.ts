/** Import direction, as the table in `rooms.ts` has it, and circular imports. */
import { isBuiltin } from "node:module"
import { posix } from "node:path"
import { type Import, importsOf, parse } from "./lib/source.ts"
import { filesBelow, report, scope, type Workspace, workspaces } from "./lib/workspace.ts"
import { type Room, rooms } from "./rooms.ts"

const findings: Array<string> = []
const graph = new Map<string, Array<{ to: string; line: number }>>()
const packageOf = (specifier: string) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
const list = (names: ReadonlyArray<string>) => (names.length === 0 ? "nothing" : names.join(", "))

/** Why this room may not import this from src, as the end of a sentence; undefined when it may. */
const refusal = (name: string, room: Room, { specifier = "", typeOnly }: Import): string | undefined => {
  const target = packageOf(specifier)
  if (isBuiltin(specifier)) {
    if (room.node === "any" || room.node.includes(specifier)) return
    if (typeOnly && room.nodeTypes?.includes(specifier)) return
    const types = room.nodeTypes === undefined ? "" : `, and only the types of ${list(room.nodeTypes)}`
    return `of Node's modules ${name} may import ${list(room.node)}${types} (scripts/rooms.ts)`
  }
  if (target.startsWith(scope)) {
    const allowed = room.workspace.map((name) => scope + name)
    return allowed.includes(target)
      ? undefined
      : `${name} may import only ${list(room.workspace)} (scripts/rooms.ts)`
  }
  if (room.outside === "any" || room.outside.includes(target)) return
  return `${name} may import only ${list(room.outside)} from outside (scripts/rooms.ts)`
}

/** Why this file may not import this package although its room may know it. */
const unlisted = ({ folder, manifest }: Workspace, room: Room, inTests: boolean, target: string) => {
  if (inTests && room.neverInTests?.some((never) => scope + never === target)) {
    return `not even the tests of ${folder} may`
  }
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies }
  const listed = inTests ? { ...shipped, ...manifest.devDependencies } : shipped
  if (target in listed || target === manifest.name || isBuiltin(target)) return
  return `${folder}/package.json does not list it`
}

const checkFile = (workspace: Workspace, name: string, room: Room, file: string) => {
  const { folder } = workspace
  const inTests = file.startsWith(`${folder}/test/`)
  for (const found of importsOf(parse(file))) {
    const { line, specifier, typeOnly } = found
    if (specifier === undefined) {
      if (!inTests)
        findings.push(`${file}:${line} imports a computed name, which nobody can check: write it out`)
    } else if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(file), specifier.replace(/\.js$/, ".ts"))
      const home = inTests ? folder : `${folder}/src`
      if (!target.startsWith(`${home}/`)) {
        findings.push(`${file}:${line} imports ${specifier}, but may not reach out of ${home} by path`)
      } else if (!typeOnly) graph.set(file, [...(graph.get(file) ?? []), { to: target, line }])
    } else {
      const byTable = inTests ? undefined : refusal(name, room, found)
      const why = byTable ?? unlisted(workspace, room, inTests, packageOf(specifier))
      if (why !== undefined) findings.push(`${file}:${line} imports ${specifier}, but ${why}`)
    }
  }
}

/** Depth first; each circle is told once, from the file at which it was entered. Erased imports make no circle. */
const done = new Set<string>()
const visit = (file: string, path: ReadonlyArray<{ file: string; line: number }>) => {
  const start = path.findIndex((step) => step.file === file)
  if (start >= 0) {
    const circle = path.slice(start).map((step) => `${step.file}:${step.line}`)
    findings.push(`Circular import: ${circle.join(" imports ")} imports ${file}`)
  } else if (!done.has(file)) {
    for (const { line, to } of graph.get(file) ?? []) visit(to, [...path, { file, line }])
    done.add(file)
  }
}

let files = 0
for (const workspace of workspaces) {
  const { folder, manifest } = workspace
  const name = folder.split("/")[1] ?? folder
  const room = rooms[folder]
  if (room === undefined) {
    findings.push(`${folder} is not in the table of scripts/rooms.ts: say there what it may import`)
    continue
  }
  const sources = filesBelow(`${folder}/src`, ".ts", ".tsx")
  if (sources.length === 0) findings.push(`${folder}/src has no source files`)
  for (const file of [...sources, ...filesBelow(`${folder}/test`, ".ts", ".tsx")]) {
    files += 1
    checkFile(workspace, name, room, file)
  }
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const why = refusal(name, room, { specifier: dependency, line: 0, typeOnly: false })
    if (why !== undefined) findings.push(`${folder}/package.json depends on ${dependency}, but ${why}`)
  }
  for (const never of room.neverInTests ?? []) {
    if (scope + never in (manifest.devDependencies ?? {})) {
      findings.push(
        `${folder}/package.json lists ${scope}${never}, but not even the tests of ${name} may import it`
      )
    }
  }
}
for (const folder of Object.keys(rooms)) {
  if (!workspaces.some((workspace) => workspace.folder === folder)) {
    findings.push(`${folder} is in the table of scripts/rooms.ts but not on disk`)
  }
}
for (const file of graph.keys()) visit(file, [])
report(`the imports of ${files} files in ${workspaces.length} rooms`, findings)
