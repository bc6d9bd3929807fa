/** TypeScript files as syntax trees: what they import, and what else the checks want to see in them. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseSync, Visitor } from "oxc-parser"
import { root } from "./workspace.ts"

export interface Import {
  /** What stands between the quotes; undefined where it is computed at run time. */
  readonly specifier: string | undefined
  readonly line: number
  /** Erased by the compiler: `import type`, `export type … from`, `import("…").T`. */
  readonly typeOnly: boolean
}

export interface Source {
  readonly file: string
  readonly program: Parameters<Visitor["visit"]>[0]
  readonly lineOf: (node: { readonly start: number }) => number
}

export const parse = (file: string): Source => {
  const text = readFileSync(join(root, file), "utf8")
  const { errors, program } = parseSync(file, text)
  if (errors[0] !== undefined) throw new Error(`${file} does not parse: ${errors[0].message}`)
  return { file, program, lineOf: (node) => text.slice(0, node.start).split("\n").length }
}

/** All ways one file can name another: import, export from, import(), import types, import equals. */
export const importsOf = ({ lineOf, program }: Source): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  const add = (node: { start: number }, source: { value: unknown }, typeOnly: boolean) => {
    found.push({ specifier: String(source.value), line: lineOf(node), typeOnly })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node, node.source, node.importKind === "type"),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node, node.source, node.exportKind === "type")
    },
    ExportAllDeclaration: (node) => add(node, node.source, node.exportKind === "type"),
    ImportExpression: (node) => {
      if (node.source.type === "Literal") add(node, node.source, false)
      else found.push({ specifier: undefined, line: lineOf(node), typeOnly: false })
    },
    TSImportType: (node) => add(node, node.source, true),
    TSExternalModuleReference: (node) => add(node, node.expression, false)
  }).visit(program)
  return found
}
