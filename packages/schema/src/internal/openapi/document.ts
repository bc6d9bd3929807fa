import * as Either from "effect/Either"
import type { Document, Export, File, Located, Problem } from "../../OpenApi.js"
import { isJsonObject } from "../json.js"
import { load, noBlock, notOpenApi, tooMany, versionOf } from "./load.js"
import { distinct, show } from "./show.js"

type Node = Readonly<Record<string, unknown>>

/** The member of an object that may be none; what JavaScript objects inherit is not a member. */
export const member = (value: unknown, key: string): unknown =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined

export const textMember = (value: unknown, key: string): string | undefined => {
  const found = member(value, key)
  return typeof found === "string" ? found : undefined
}

export const entriesOf = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  isJsonObject(value) ? Object.entries(value) : []

export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const decoded = (text: string): string =>
  Either.getOrElse(
    Either.try(() => decodeURIComponent(text)),
    () => text
  )

/** The steps of `#/components/schemas/List%C2%ABCardQueryVo%C2%BB`; undefined for a reference to another document. */
export const stepsOf = (reference: string): ReadonlyArray<string> | undefined =>
  reference === "#"
    ? []
    : reference.startsWith("#/")
      ? reference
          .slice(2)
          .split("/")
          .map((step) => decoded(step).replaceAll("~1", "/").replaceAll("~0", "~"))
      : undefined

/** What a reference inside its document leads to. Names with a percent sign in them stand as they are, too. */
export const lookUp = (root: unknown, reference: string): unknown => {
  const walk = (steps: ReadonlyArray<string>): unknown =>
    steps.reduce<unknown>(
      (node, step) => (Array.isArray(node) ? node[Number(step)] : member(node, step)),
      root
    )
  const found = walk(stepsOf(reference) ?? [""])
  return found === undefined ? walk(reference.slice(2).split("/")) : found
}

/** Follows references from one node to the next, as far as they lead. */
export const follow = (root: unknown, node: unknown, most = 32): unknown => {
  const reference = textMember(node, "$ref")
  return reference === undefined
    ? node
    : most === 0
      ? undefined
      : follow(root, lookUp(root, reference), most - 1)
}

/** References that lead out of the document, each once. Aliases may have made it a web, so every node is seen once. */
const externalOf = (root: unknown): ReadonlyArray<string> => {
  const waiting: Array<unknown> = [root]
  const seen = new Set<unknown>()
  const found = new Set<string>()
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (typeof node !== "object" || node === null || seen.has(node)) {
      continue
    }
    seen.add(node)
    const reference = textMember(node, "$ref")
    if (reference !== undefined && stepsOf(reference) === undefined) {
      found.add(show(reference))
    }
    // No spreading: a list may have more members than a call takes arguments.
    for (const child of Object.values(node)) {
      waiting.push(child)
    }
  }
  return [...found].sort()
}

const documentOf = (file: string, root: Node): Either.Either<Document, Problem> => {
  const version = versionOf(root["openapi"])
  return version === undefined
    ? Either.left({
        file,
        problem: `it says OpenAPI ${show(String(root["openapi"]))}; 3.0 and 3.1 are read, so export it as one of them`
      })
    : Either.right({ file, version, root, external: externalOf(root) })
}

const readOne = (file: File): Either.Either<Document, Problem & { readonly isOther?: boolean }> =>
  load(file).pipe(
    Either.mapLeft((problem) => ({ ...problem, isOther: problem.problem === noBlock })),
    Either.flatMap(({ value }) => {
      const other = notOpenApi(value)
      return other !== undefined || !isJsonObject(value)
        ? Either.left({ file: file.name, problem: other ?? "", isOther: true })
        : documentOf(file.name, value)
    })
  )

/** All files, or everything that is wrong with any of them. Pages that hold no operation are passed over. */
export const readAll = (files: ReadonlyArray<File>): Either.Either<Export, ReadonlyArray<Problem>> => {
  const problems: Array<Problem> = [...tooMany(files.length)]
  const documents: Array<Document> = []
  const passedOver: Array<Problem> = []
  if (problems.length > 0) {
    return Either.left(problems)
  }
  const names = files.map(({ name }) => name)
  for (const name of distinct(names.filter((name, at) => names.indexOf(name) !== at))) {
    problems.push({ file: name, problem: "it is given twice" })
  }
  for (const file of files) {
    const document = readOne(file)
    if (Either.isRight(document)) {
      documents.push(document.right)
    } else {
      const { isOther = false, ...problem } = document.left
      const list = isOther && (file.isFound === true || problem.problem === noBlock) ? passedOver : problems
      list.push({ ...problem, file: show(problem.file) })
    }
  }
  if (documents.length === 0 && problems.length === 0) {
    const first = passedOver[0]
    problems.push(
      first === undefined
        ? { file: "", problem: "no file was given" }
        : { ...first, problem: `${first.problem}, and no other file has one` }
    )
  }
  return problems.length > 0 ? Either.left(problems) : Either.right({ documents, passedOver })
}

/** One operation of an export, as it stands there. */
export interface Entry extends Located {
  readonly document: Document
  readonly node: unknown
  readonly isWebhook: boolean
  readonly folder: string
  readonly operationId: string
  readonly isDeprecated: boolean
  /** The server that the path itself names, if it is a whole address. */
  readonly server?: string
}

const methods = ["post", "get", "put", "patch", "delete"]

/** `/card/create` of `https://host/card/create`, and a path with the slash it begins with. */
const pathOf = (key: string): { readonly path: string; readonly server?: string } => {
  const address = /^(https?:\/\/[^/?#]+)(\/[^?#]*)?/.exec(key)
  return address === null
    ? { path: key.startsWith("/") ? key : `/${key}` }
    : { path: address[2] ?? "/", server: address[1] ?? "" }
}

const titleOf = (node: unknown, key: string): string => {
  const given = textMember(node, "summary") ?? textMember(node, "x-apifox-name") ?? ""
  return show(given.trim() === "" ? (textMember(node, "operationId") ?? key) : given)
}

const entriesAt = (
  document: Document,
  key: string,
  item: unknown,
  isWebhook: boolean
): ReadonlyArray<Entry> =>
  methods.flatMap((method): ReadonlyArray<Entry> => {
    const resolved = follow(document.root, item)
    const node = member(resolved, method)
    return isJsonObject(node)
      ? [
          {
            file: document.file,
            method: method.toUpperCase(),
            ...(isWebhook ? { path: key } : pathOf(key)),
            title: titleOf(node, key),
            document,
            node,
            isWebhook,
            folder: [textMember(node, "x-apifox-folder"), ...listOf(member(node, "tags"))]
              .filter(isText)
              .join(" "),
            operationId: textMember(node, "operationId") ?? "",
            isDeprecated:
              member(node, "deprecated") === true || textMember(node, "x-apifox-status") === "deprecated"
          }
        ]
      : []
  })

const isText = (value: unknown): value is string => typeof value === "string"

export const entriesIn = (document: Document): ReadonlyArray<Entry> => [
  ...entriesOf(member(document.root, "paths")).flatMap(([key, item]) =>
    entriesAt(document, key, item, false)
  ),
  ...entriesOf(member(document.root, "webhooks")).flatMap(([key, item]) =>
    entriesAt(document, key, item, true)
  )
]

/** The servers that documents, paths and operations name. */
export const serversOf = (
  document: Document
): ReadonlyArray<{ readonly url: string; readonly description: string; readonly file: string }> => {
  const nodes = [
    document.root,
    ...entriesOf(member(document.root, "paths")).map(([, item]) => item),
    ...entriesIn(document).map(({ node }) => node)
  ]
  const named = nodes.flatMap((node) =>
    listOf(member(node, "servers")).flatMap((server) => {
      const url = textMember(server, "url") ?? ""
      return url.trim() === ""
        ? []
        : [
            {
              url: show(url),
              description: show(textMember(server, "description") ?? ""),
              file: document.file
            }
          ]
    })
  )
  const addresses = entriesIn(document).flatMap(({ server }) =>
    server === undefined ? [] : [{ url: show(server), description: "", file: document.file }]
  )
  return [...named, ...addresses].filter(
    ({ url }, at, all) => all.findIndex((other) => other.url === url) === at
  )
}
