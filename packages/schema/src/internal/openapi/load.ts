import * as Either from "effect/Either"
import { identity } from "effect/Function"
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml"
import type { File, Problem } from "../../OpenApi.js"
import { isJsonObject } from "../json.js"
import { jsonErrorAt } from "./jsonError.js"

export const maxBytes = 10 * 1024 * 1024
/** The parser keeps every token with its place, at a hundred times the size of the text. */
const maxYamlBytes = 4 * 1024 * 1024
/** How often anchors may be repeated, counted through each other. */
const maxAliases = 1000
const maxFiles = 2000

/** What one file holds, before anybody has asked whether it is OpenAPI; `line` is where its text begins. */
export interface Loaded {
  readonly file: string
  readonly value: unknown
}

export type Step = Either.Either<Loaded, Problem>

const problem = (file: string, sentence: string, line?: number): Problem =>
  line === undefined ? { file, problem: sentence } : { file, line, problem: sentence }

const left = (file: string, sentence: string, line?: number): Either.Either<never, Problem> =>
  Either.left(problem(file, sentence, line))

const bytesOf = (text: string): number =>
  // A character takes three bytes at most, so most texts need not be encoded to be measured.
  text.length * 3 <= maxYamlBytes ? text.length : new TextEncoder().encode(text).length

/** The first place where a key stands twice; the parser's own check takes the square of the number of keys. */
const duplicateKey = (root: Node | null): { readonly key: string; readonly offset: number } | undefined => {
  const waiting: Array<unknown> = [root]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (isSeq(node)) {
      waiting.push(...node.items)
    } else if (isMap(node)) {
      const keys = new Set<string>()
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : ""
        if (keys.has(name)) {
          return { key: name, offset: isScalar(key) ? (key.range?.[0] ?? 0) : 0 }
        }
        keys.add(name)
        waiting.push(value)
      }
    }
  }
  return undefined
}

/** The parser's sentences quote the text; its codes do not. */
const yamlReasons: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias has properties of its own",
  BAD_ALIAS: "an alias names an anchor that is not there",
  BAD_DIRECTIVE: "there is a directive that YAML does not have",
  BAD_DQ_ESCAPE: "there is an escape that YAML does not have",
  BAD_INDENT: "the indentation is wrong, or a bracket is not closed",
  BAD_SCALAR_START: "a value begins with a character that has to be quoted",
  BLOCK_AS_IMPLICIT_KEY: "a mapping begins where a value should stand",
  BLOCK_IN_FLOW: "a block stands inside brackets",
  DUPLICATE_KEY: "a key stands twice",
  MISSING_CHAR: "a character is missing, such as a closing quotation mark",
  MULTILINE_IMPLICIT_KEY: "a key runs over several lines, or a colon is missing",
  MULTIPLE_ANCHORS: "a value has two anchors",
  MULTIPLE_DOCS: "there is a second document behind the first; give each a file of its own",
  NON_STRING_KEY: "a key is no text",
  RESOURCE_EXHAUSTION: "it is nested too deep",
  TAB_AS_INDENT: "a tab is used for indentation",
  TAG_RESOLVE_FAILED: "there is a tag that YAML does not have",
  UNEXPECTED_TOKEN: "there is something that does not belong there"
}

/** What is thrown quotes the text it stumbled over; only its kind is told. */
const notToJs = (cause: unknown): string =>
  cause instanceof ReferenceError
    ? cause.message.startsWith("Excessive alias count")
      ? `its YAML repeats anchors more than ${maxAliases} times, which no export needs`
      : "it is broken YAML: an alias names an anchor that is not there"
    : "its YAML is nested too deep, or cannot be read"

const yaml = (file: string, text: string, firstLine = 1): Step => {
  if (bytesOf(text) > maxYamlBytes) {
    return left(
      file,
      `it has more than ${maxYamlBytes / 1024 / 1024} MiB of YAML, which takes too long to read; export it as JSON`
    )
  }
  const lines = new LineCounter()
  const lineOf = (offset: number): number => lines.linePos(offset).line + firstLine - 1
  return Either.try({
    try: (): Step => {
      const document = parseDocument(text, {
        lineCounter: lines,
        logLevel: "error",
        prettyErrors: false,
        schema: "core",
        stringKeys: true,
        uniqueKeys: false,
        version: "1.2"
      })
      const [error] = document.errors
      if (error !== undefined) {
        const reason = yamlReasons[error.code] ?? "it cannot be read"
        return left(file, `it is broken YAML: ${reason}`, lineOf(error.pos[0]))
      }
      const twice = duplicateKey(document.contents)
      if (twice !== undefined) {
        return left(file, "it is broken YAML: a key stands twice in one mapping", lineOf(twice.offset))
      }
      const value: unknown = document.toJS({ maxAliasCount: maxAliases })
      return Either.right({ file, value })
    },
    catch: (cause) => problem(file, notToJs(cause))
  }).pipe(Either.flatMap(identity))
}

const json = (file: string, text: string, firstLine = 1): Step =>
  Either.try({
    try: (): Loaded => ({ file, value: JSON.parse(text) }),
    catch: () =>
      problem(file, "it is broken JSON", text.slice(0, jsonErrorAt(text)).split("\n").length + firstLine - 1)
  })

interface Block {
  readonly text: string
  /** Of its first line in the page. */
  readonly line: number
  readonly isClosed: boolean
}

/** The blocks of a Markdown page that are fenced as YAML or JSON. */
const blocksOf = (text: string): ReadonlyArray<Block> => {
  const lines = text.split(/\r?\n/)
  const blocks: Array<Block> = []
  for (let at = 0; at < lines.length; at++) {
    const open = /^ {0,3}(`{3,}|~{3,})\s*(?:ya?ml|json|openapi)\b/i.exec(lines[at] ?? "")
    if (open === null) {
      continue
    }
    const [, fence = ""] = open
    const from = at + 1
    // The closing fence is at least as long as the opening one and holds nothing else.
    const isEnd = (line: string): boolean => line.startsWith(fence) && /^(?:`+|~+)$/.test(line)
    do {
      at++
    } while (at < lines.length && !isEnd((lines[at] ?? "").trim()))
    blocks.push({ text: lines.slice(from, at).join("\n"), line: from + 1, isClosed: at < lines.length })
  }
  return blocks
}

const isOpenApiText = (text: string): boolean => /^[\s{]*["']?(?:openapi|swagger)["']?\s*:/m.test(text)

const markdown = (file: string, text: string): Step => {
  const blocks = blocksOf(text).filter((block) => isOpenApiText(block.text))
  const [block] = blocks
  if (block === undefined) {
    return left(file, noBlock)
  }
  if (!block.isClosed) {
    return left(file, "its OpenAPI block is not closed, so the page may have been cut off", block.line)
  }
  return blocks.length > 1
    ? left(file, `it holds ${blocks.length} OpenAPI blocks; give each a page of its own`, blocks[1]?.line)
    : block.text.trimStart().startsWith("{")
      ? json(file, block.text, block.line)
      : yaml(file, block.text, block.line)
}

export const noBlock = "it is a page without an OpenAPI block (```yaml … ```)"

/** Told by its content where the name does not say: a page begins like prose and has a fenced block. */
const isMarkdown = (file: string, text: string): boolean =>
  /\.(?:md|markdown)$/i.test(file) || (!/\.(?:json|ya?ml)$/i.test(file) && /^ {0,3}(?:```|~~~)/m.test(text))

export const load = ({ name, text: raw }: File): Step => {
  const text = raw.startsWith("\uFEFF") ? raw.slice(1) : raw
  if (text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes) {
    return left(name, `it has more than ${maxBytes / 1024 / 1024} MiB; export fewer operations at once`)
  }
  if (text.trim() === "") {
    return left(name, "it is empty")
  }
  if (text.trimStart().startsWith("<")) {
    return left(name, "it is a web page or XML, not an export; save the exported file itself")
  }
  return isMarkdown(name, text)
    ? markdown(name, text)
    : /^[[{]/.test(text.trimStart())
      ? json(name, text)
      : yaml(name, text)
}

export const tooMany = (count: number): ReadonlyArray<Problem> =>
  count > maxFiles
    ? [problem("", `there are ${count} files, and ${maxFiles} at most are read; name those with operations`)]
    : []

/** What else it is, where that can be told; undefined for OpenAPI 3.0 and 3.1. */
export const notOpenApi = (value: unknown): string | undefined => {
  if (!isJsonObject(value)) {
    return "it is not an OpenAPI document: it holds no object"
  }
  const has = (key: string): boolean => Object.hasOwn(value, key)
  const info = has("info") ? value["info"] : undefined
  if (has("swagger")) {
    return "it is Swagger 2.0; export it as OpenAPI 3.0 or 3.1"
  }
  if (has("apifoxProject")) {
    return "it is a project of Apifox in its own format; export it as OpenAPI 3.0 or 3.1"
  }
  if (isJsonObject(info) && has("item") && !has("openapi")) {
    return "it is a Postman collection; export it as OpenAPI 3.0 or 3.1"
  }
  if (has("asyncapi")) {
    return "it is AsyncAPI; export it as OpenAPI 3.0 or 3.1"
  }
  return has("openapi") ? undefined : "it is not an OpenAPI document: there is no `openapi` version in it"
}

/** `3.0`, `3.1`; a version that is not quoted is a number in YAML, and 3.0 is then 3. */
export const versionOf = (value: unknown): "3.0" | "3.1" | undefined => {
  const text = typeof value === "number" ? (value === 3 ? "3.0" : String(value)) : value
  return typeof text !== "string"
    ? undefined
    : /^3\.0(?:\.\d+)?$/.test(text)
      ? "3.0"
      : /^3\.1(?:\.\d+)?$/.test(text)
        ? "3.1"
        : undefined
}
