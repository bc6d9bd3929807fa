/** The report as text for a person. */

import type { Candidate, Compared, Difference, Located, Report } from "../../OpenApi.js"
import * as Operation from "../../Operation.js"
import { listed, show } from "./show.js"

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

const placeOf = ({ file, method, path }: Located): string => `${method} ${show(path)} (${show(file)})`

const sourceOf = ({ source, verdict }: Difference): string =>
  source === undefined ? "" : verdict === "contradiction" ? ` [contradicts ${source}]` : ` [${source}]`

const fact = ({ enum: name, field, found, kind, ours, theirs }: Difference): string => {
  switch (kind) {
    case "path":
      return `path: ${show(theirs)} in the export, ${show(ours)} here`
    case "method":
    case "mediaType":
      return `${kind === "method" ? "method" : "content"}: ${show(theirs)} in the export, ${ours} here`
    case "parameter":
      return "a parameter outside the body, which is not sent"
    case "missing":
      return `missing in the export (${ours} here)`
    case "extra":
      return `extra in the export (${show(theirs)})`
    case "renamed":
      return `seems to be our ${show(field ?? found ?? "")} under another name`
    case "type":
      return `${show(theirs)} in the export, ${ours} here`
    case "optionality":
      return `${theirs} in the export, ${ours} here`
    case "enum":
      return `${show(theirs)} in the export, ${show(ours)} here${name === undefined ? "" : ` (enum ${name})`}`
  }
}

const lineOf = (difference: Difference): string => {
  const { advice, kind, part, where } = difference
  const place = part === "operation" || kind === "mediaType" ? "" : `${show(where)}: `
  const side =
    part === "operation" || part === "notification" ? "" : `${part === "request" ? "request" : "answer"} `
  return `  ${side}${place}${fact(difference)}${sourceOf(difference)}. ${advice}`
}

const blockOf = ({
  differences,
  found,
  name,
  notes,
  reasons,
  section,
  title
}: Compared): ReadonlyArray<string> => [
  `${section} ${title}: ${name}`,
  `  is ${placeOf(found)} "${found.title}" by ${listed(reasons)}`,
  ...differences.map(lineOf),
  ...notes.map((note) => `  note: ${note}`),
  ""
]

const isEqual = ({ differences, notes }: Compared): boolean => differences.length + notes.length === 0

const candidateLine = (operation: string, candidate: Candidate): string =>
  `  --choose ${operation}=${show(candidate.path)}   ${candidate.method}, "${candidate.title}" in ${show(candidate.file)}, ${candidate.points} points: ${listed(candidate.reasons) || "nothing in common"}`

const titleOf = (name: Operation.Name): string => {
  const { section, title } = Operation.operations[name]
  return `${section} ${title}: ${name}`
}

const part = (heading: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [heading, ...lines, ""]

/** What the differences come to, in a sentence. */
const summary = (report: Report): string => {
  const all = [
    ...report.operations.flatMap(({ differences }) => differences),
    ...report.notifications.flatMap(({ differences }) => differences),
    ...report.envelope
  ]
  const against = all.filter(({ verdict }) => verdict === "contradiction").length
  return [
    `${plural(report.operations.length, "operation")} of ${Operation.all.length} found`,
    ...(report.notifications.length > 0 ? [plural(report.notifications.length, "notification")] : []),
    plural(all.length, "difference"),
    ...(against > 0 ? [`${against} of them against what binds`] : []),
    ...(report.questions.length > 0 ? [plural(report.questions.length, "question")] : [])
  ].join(", ")
}

const questionsOf = ({ questions }: Report): ReadonlyArray<string> =>
  questions.flatMap(({ candidates, operation, why }) => [
    `${titleOf(operation)}`,
    `  ${why}${candidates.length > 0 ? "; choose one:" : "."}`,
    ...candidates.map((candidate) => candidateLine(operation, candidate)),
    ""
  ])

export const formatted = (report: Report): string => {
  const names = report.operations.length
  const who = (operations: ReadonlyArray<string>): string =>
    operations.length === names && names > 1
      ? `all ${names} operations`
      : operations.length > 8
        ? plural(operations.length, "operation")
        : listed(operations)
  const all: ReadonlyArray<Compared> = [...report.operations, ...report.notifications]
  const lines = [
    `${plural(report.files.length, "document")}: ${summary(report)}.`,
    "",
    ...questionsOf(report),
    ...part(
      "Around data",
      report.envelope.map((one) => `${lineOf(one)} In ${who(one.operations)}.`)
    ),
    ...all.filter((one) => !isEqual(one)).flatMap(blockOf),
    ...part(
      "Without a difference",
      all
        .filter(isEqual)
        .map(({ found, name, section }) => `  ${section} ${name}: ${placeOf(found)} "${found.title}"`)
    ),
    ...part(
      "Missing from the export",
      report.absent.map(
        (name) => `  ${titleOf(name)}. If it is there under another title: --choose ${name}=<path>`
      )
    ),
    ...part(
      "In the export and not here",
      report.lacking.map(
        (found) => `  "${found.title}", ${placeOf(found)}. Reachable by its path, with data of your own.`
      )
    ),
    ...part(
      "Servers in the export",
      report.servers.map(
        ({ description, file, url }) =>
          `  ${url}${description === "" ? "" : ` (${description})`}, ${show(file)}`
      )
    ),
    ...part(
      "Notes",
      report.notes.map((note) => `  ${note}`)
    )
  ]
  return `${lines.join("\n").trimEnd()}\n`
}
