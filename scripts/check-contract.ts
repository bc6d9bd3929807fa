/**
 * docs/contract.md is what packages/schema says, in tables: this fails when it is not; `--update` writes it. Reads what was
 * built, so that the page shows what users get.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Dto } from "../packages/schema/src/Dto.ts"
import { report, root } from "./lib/workspace.ts"

const file = "docs/contract.md"
const built = join(root, "packages", "schema", "dist", "index.js")
if (!existsSync(built)) report(file, ["packages/schema is not built: run pnpm build"])

// Types from the source, so that this file can be checked before anything is built.
const schema: typeof import("../packages/schema/src/index.ts") = await import(pathToFileURL(built).href)
const { Contract, Dto: Dtos, Envelope, Notification, Operation, ResponseCode } = schema
const contract = Contract.proposed

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ")
const code = (text: string) => (text === "" ? "" : `\`${text}\``)
const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) =>
  [heads, heads.map(() => "---"), ...rows.map((row) => row.map(cell))]
    .map((row) => `| ${row.join(" | ")} |`.replaceAll("|  |", "| |"))
    .join("\n")

const anchor = (name: string) => `[${name}](#${name.toLowerCase()})`
const linked = (name: string) =>
  name.replace(/[A-Za-z0-9]+/g, (word) =>
    Contract.dataObjects.some((dto) => dto.name === word && word !== "Object") ? anchor(word) : word
  )

const fieldTable = (fields: Dto["fields"], sourceOf: (name: string) => string) =>
  table(
    ["field", "type", "", "source", "note"],
    Object.entries(fields).map(([name, field]) => [
      code(name),
      linked(Dtos.typeOf(field)) + (Dtos.isSecret(field) ? " (never shown)" : ""),
      field.optional ? "optional" : "required",
      sourceOf(name),
      field.note
    ])
  )
const ownSource = (fields: Dto["fields"]) => (name: string) => fields[name]?.provenance ?? ""
const fieldsOf = (dto: Dto) =>
  Object.keys(dto.fields).length === 0
    ? "No fields."
    : fieldTable(dto.fields, (name) => {
        const source = Contract.sourceOfField(contract, dto, name)
        return source._tag === "Some" ? source.value : ""
      })

const responseOf = ({ response }: (typeof Operation.all)[number]) =>
  linked(response.name).replace("<", "\\<") +
  (response.dto === undefined && Dtos.isSecret(response.schema) ? " (never shown)" : "") +
  (response.provenance === "NAME" ? "" : ` (${response.provenance})`)

/** Which operations and which other objects hold this one. */
const usedBy = (dto: Dto) => {
  const requests = Operation.all.filter((one) => one.request === dto).map((one) => `${one.section} request`)
  const responses = Operation.all
    .filter((one) => one.response.dto === dto)
    .map((one) => `${one.section} response`)
  const inside = Contract.dataObjects
    .filter((holder) => Object.values(holder.nested).includes(dto))
    .map((holder) => `inside ${anchor(holder.name)}`)
  return [...requests, ...responses, ...inside].join(", ")
}

const entries = Object.entries
const lines = (...parts: ReadonlyArray<string>) => parts.join("\n\n")

const values: ReadonlyArray<readonly [keyof typeof contract.sources, string, string]> = [
  ["version", contract.version, "`version` of every request"],
  ["successCode", contract.successCode, "`code` of an answer that is a success"],
  ["acknowledgement", contract.acknowledgement, "the text that acknowledges a notification"],
  ["sandboxUrl", contract.sandboxUrl, "the vendor's sandbox; the production host is not known"],
  ["tradeKindField", contract.tradeKindField, "the field of a transaction that says which kind it is"],
  [
    "signature.nested",
    contract.signature.nested,
    "an object or array in a request: `refuse`, `omit`, `compactJson`"
  ],
  [
    "signature.responses",
    contract.signature.responses,
    "the `sign` of an answer is verified `always`, `whenPresent`, `never`"
  ]
]

const safeties: Record<(typeof Operation.all)[number]["safety"], string> = {
  read: "changes nothing; the client tries it again",
  idempotent: "a repeat does what the first did; the client tries it again",
  keyed: "a repeat is refused by its key; a lost answer is settled by a query on that key",
  creating: "a repeat creates a second one; never sent again by itself",
  money: "a repeat can pay twice; settled by the order query alone",
  decision: "sent once; a lost answer is never sent again"
}

const advices: Record<(typeof ResponseCode.rows)[number]["advice"], string> = {
  fixRequest: "the request is wrong; the same one will be refused again",
  logInAgain: "the session ended; the client logs in once by itself",
  tryLater:
    "the vendor may answer otherwise later; only what was refused, or only reads, may simply be sent again",
  askCardholder: "the cardholder has to give something else",
  settleByQuery: "whether anything happened is not known; ask by a query",
  stop: "a repeat cannot help"
}

const enumSection = (name: (typeof Contract.enumNames)[number]) =>
  lines(
    `### ${name}`,
    table(
      ["value on the wire", "meaning", "source"],
      entries(contract.enums[name]).map(([raw, meaning]) => {
        const source = Contract.sourceOfValue(contract, name, raw)
        return [code(raw), meaning, source._tag === "Some" ? source.value : ""]
      })
    )
  )

type Kind = (typeof Notification.kinds)[keyof typeof Notification.kinds]

const keyNote = ({ data, key, meaning }: Kind) => {
  const fields: Dto["fields"] = data.fields
  const absent = key.some((name) => fields[name]?.optional === true)
    ? "; a part that is absent counts as a value of its own"
    : ""
  return meaning === "trade"
    ? `${absent}; with \`tradeKindField\` set to \`transactionCategory\`, that field is part of it too`
    : absent
}

const notificationSection = ([kind, row]: readonly [string, Kind]) => {
  const raw = Contract.wireValueOf(contract, "eventType", row.meaning)
  return lines(
    `### ${row.data.name}`,
    [
      `\`${kind}\`: ${row.title}. \`eventType\` is \`${raw._tag === "Some" ? raw.value : "none"}\`, \`eventName\` is \`${row.eventName}\` (VENDOR).`,
      `Subject: the ${row.subject.kind} in \`${row.subject.field}\`. Business key: ${row.key.map(code).join(", ")}${keyNote(row)}.`
    ].join(" "),
    fieldsOf(row.data)
  )
}

const kindDtos: ReadonlyArray<Dto> = Object.values(Notification.kinds).map(({ data }) => data)

const page = `${lines(
  "# The YUNMO contract, as this toolkit has it",
  "<!-- Written by `pnpm contract:update` from packages/schema. Change it there. -->",
  "YUNMO publishes no endpoint paths and few enums. This page lists everything the packages send and read, and where each piece is known from, so that you can lay it beside the vendor's documentation you have. What is wrong here is corrected as data, without a fork: see [packages/schema](../packages/schema/README.md#correcting-the-contract).",
  "## Sources",
  table(
    ["label", "meaning"],
    [
      ["SPEC", "the vendor's page 1.1; binding"],
      ["VENDOR", "another page of the vendor (1.2, 6.1, 6.4, three schemas); binding"],
      [
        "NAME",
        "only the name is known, from the vendor's table of contents; titles and names of data objects are all NAME"
      ],
      ["SIBLING", "a card-issuing API with the same vocabulary; evidence, no more"],
      ["PROPOSED", "our own proposal where nothing is known: check it"],
      ["MERCHANT", "your own correction; none on this page"]
    ]
  ),
  "## Envelope",
  "HTTPS, POST only, `Content-Type: application/json`, UTF-8 (SPEC). A text field takes a JSON number too, and keeps its digits.",
  "### Request",
  fieldTable(Envelope.requestFields, ownSource(Envelope.requestFields)),
  "### Answer",
  fieldTable(Envelope.responseFields, ownSource(Envelope.responseFields)),
  "### Notification",
  fieldTable(Notification.envelopeFields, ownSource(Notification.envelopeFields)),
  "## Values and signature policies",
  "The signature itself is SPEC and is described in [packages/signing](../packages/signing/README.md). What it leaves open is a setting:",
  table(
    ["setting", "value", "source", "what"],
    values.map(([name, value, what]) => [code(name), code(value), contract.sources[name], what])
  ),
  `That an operation's page can exempt fields from the signature is SPEC, which fields is not known: \`signature.exempt\` names them by operation, ${
    entries(contract.signature.exempt).length === 0
      ? "none here"
      : entries(contract.signature.exempt)
          .map(([name, fields]) => `${name}: ${fields.join(", ")}`)
          .join("; ")
  }.`,
  "## Operations",
  table(
    [
      "section",
      "operation",
      "vendor's title",
      "path",
      "source of the path",
      "request",
      "response",
      "safety",
      "note"
    ],
    Operation.all.map((one) => [
      one.section,
      code(one.name),
      one.title,
      code(contract.paths[one.name].path),
      contract.paths[one.name].source,
      linked(one.request.name),
      responseOf(one),
      one.safety,
      one.note
    ])
  ),
  table(
    ["safety", "what a repeat does"],
    entries(safeties).map(([name, what]) => [name, what])
  ),
  "## Data objects",
  "Fields marked *never shown* decode to `Redacted`. In an answer, fields that are not listed are kept under `unknownFields`, redacted too; `null` reads as absent, and so does an empty text in an optional field.",
  ...Contract.dataObjects
    .filter((dto) => !kindDtos.includes(dto))
    .map((dto) => lines(`### ${dto.name}`, `Stands in: ${usedBy(dto)}.`, fieldsOf(dto))),
  "## Enums",
  "A value that is not listed has no meaning until you give it one; its text is kept and reaches you.",
  ...Contract.enumNames.map(enumSection),
  "## Response codes",
  `All 29 of VENDOR 1.2, and success, which is \`${contract.successCode}\`. Code and meaning are the vendor's; family, advice and *refused* are our reading. *Refused* says that nothing was executed; where it says no, whether money moved is unknown. Any other code becomes \`UnknownResponseCode\`, with its code and message, family \`unspecified\`, advice \`settleByQuery\`, not refused.`,
  table(
    ["code", "error", "meaning", "family", "advice", "refused before execution"],
    ResponseCode.rows.map((row) => [
      code(row.code),
      code(row.name),
      row.meaning,
      row.family,
      row.advice,
      row.refused ? "yes" : "no"
    ])
  ),
  table(
    ["advice", "what to do"],
    entries(advices).map(([name, what]) => [name, what])
  ),
  "## Notifications",
  "Merchant and kind are part of every business key.",
  ...entries(Notification.kinds).map(notificationSection),
  "### Unknown",
  "`Unknown`: any other `eventType`. Its data is kept whole, redacted. Subject: none. Business key: none."
)}\n`

const update = process.argv.includes("--update")
const path = join(root, file)
if (update) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, page)
}
const found = existsSync(path) ? readFileSync(path, "utf8").replaceAll("\r\n", "\n") : ""
const [had, wants] = [found.split("\n"), page.split("\n")]
const differs = wants.findIndex((line, index) => line !== had[index])
const stale = found === page ? -1 : differs === -1 ? wants.length : differs
report(
  `${file}, which has ${Operation.all.length} operations and ${Contract.dataObjects.length} data objects`,
  stale === -1
    ? []
    : [
        `${file}:${stale + 1} is stale: it says ${JSON.stringify(had[stale] ?? "nothing")}, packages/schema says ${JSON.stringify(wants[stale] ?? "nothing")}. Run pnpm contract:update.`
      ]
)
