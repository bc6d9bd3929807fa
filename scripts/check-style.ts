/**
 * House rules that neither the compiler nor the linter holds.
 *
 * In the src of packages: time, randomness and failure come from Effect, and a cast stands in `internal/` with its reason.
 * In tests: none is skipped, and none runs alone (the linter does not see `it.effect.only`).
 */
import { Visitor } from "oxc-parser"
import { parse } from "./lib/source.ts"
import { filesBelow, report, workspaces } from "./lib/workspace.ts"

const ambient: Record<string, string> = {
  "Date.now": "use Clock",
  "performance.now": "use Clock",
  "Math.random": "use Random",
  "process.env": "use Config"
}
/** These packages are programs for Node: they may read its environment. */
const programs = ["packages/cli", "packages/node"]
const isolating = ["only", "skip", "skipIf", "runIf", "todo", "fails"]

const findings: Array<string> = []
let files = 0

const checkSource = (file: string, program: boolean) => {
  const source = parse(file)
  const internal = file.includes("/src/internal/")
  const add = (node: { start: number }, sentence: string) =>
    findings.push(`${file}:${source.lineOf(node)} ${sentence}`)
  const cast = (node: { start: number }) => {
    if (!internal)
      add(node, "casts: let the type follow from the code, or put the cast into internal/ with its reason")
  }
  new Visitor({
    MemberExpression: (node) => {
      if (node.computed || node.object.type !== "Identifier" || node.property.type !== "Identifier") return
      const name = `${node.object.name}.${node.property.name}`
      const instead = ambient[name]
      if (instead !== undefined && !(program && name === "process.env"))
        add(node, `uses ${name}: ${instead} instead`)
    },
    NewExpression: (node) => {
      if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0) {
        add(node, "uses new Date(), which reads the clock: use Clock or DateTime instead")
      }
    },
    ThrowStatement: (node) => {
      if (!internal) add(node, "throws: fail with a typed error instead")
    },
    TSAsExpression: ({ start, typeAnnotation: type }) => {
      const constant =
        type.type === "TSTypeReference" &&
        type.typeName.type === "Identifier" &&
        type.typeName.name === "const"
      if (!constant) cast({ start })
    },
    TSTypeAssertion: cast,
    TSNonNullExpression: cast
  }).visit(source.program)
}

/** The name at the left of a chain: `it` of `it.effect.only`. */
const leftmost = (node: { type: string; object?: unknown; name?: unknown }): unknown =>
  node.type === "MemberExpression" ? leftmost(node.object as typeof node) : node.name

const checkTest = (file: string) => {
  const source = parse(file)
  new Visitor({
    MemberExpression: (node) => {
      if (node.property.type !== "Identifier" || !isolating.includes(node.property.name)) return
      if (!["it", "test", "describe"].includes(String(leftmost(node)))) return
      findings.push(`${file}:${source.lineOf(node)} uses .${node.property.name}: every test runs, every time`)
    }
  }).visit(source.program)
}

for (const { folder } of workspaces) {
  const sources = folder.startsWith("packages/") ? filesBelow(`${folder}/src`, ".ts", ".tsx") : []
  const tests = filesBelow(`${folder}/test`, ".test.ts", ".test.tsx")
  if (tests.length === 0) findings.push(`${folder}/test has no tests`)
  for (const file of sources) checkSource(file, programs.includes(folder))
  for (const file of tests) checkTest(file)
  files += sources.length + tests.length
}
report(`the style of ${files} files`, findings)
