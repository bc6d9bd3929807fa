/** The contract as text and as JSON. */

import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Option from "effect/Option"
import { printable } from "./values.js"

const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const shown = rows.map((row) => row.map(printable))
  const widths = (shown[0] ?? []).map((_, at) => Math.max(...shown.map((row) => (row[at] ?? "").length)))
  return shown.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd())
}

const part = (heading: string, rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> =>
  rows.length === 0 ? [] : ["", heading, ...columns(rows)]

const valueRows = (contract: Contract.ContractService): ReadonlyArray<ReadonlyArray<string>> => {
  const { acknowledgement, sandboxUrl, signature, sources, successCode, tradeKindField, version } = contract
  return [
    ["version", version, sources.version],
    ["successCode", successCode, sources.successCode],
    ["acknowledgement", acknowledgement, sources.acknowledgement],
    ["sandboxUrl", sandboxUrl, sources.sandboxUrl],
    ["tradeKindField", tradeKindField, sources.tradeKindField],
    ["signature.nested", signature.nested, sources["signature.nested"]],
    ["signature.responses", signature.responses, sources["signature.responses"]]
  ]
}

const pathRows = ({ paths }: Contract.ContractService): ReadonlyArray<ReadonlyArray<string>> =>
  Operation.all.map(({ name, section }) => [section, name, paths[name].path, paths[name].source])

const fieldRows = ({ fields }: Contract.ContractService): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(fields).flatMap(([dto, names]) =>
    Object.entries(names).map(([field, wire]) => [`${dto}.${field}`, wire, "MERCHANT"])
  )

const enumRows = (contract: Contract.ContractService): ReadonlyArray<ReadonlyArray<string>> =>
  Contract.enumNames.flatMap((name) =>
    Object.entries(contract.enums[name]).map(([value, meaning]) => [
      name,
      value,
      meaning,
      Option.getOrElse(Contract.sourceOfValue(contract, name, value), () => contract.enumSources[name])
    ])
  )

const codeRows = ({ codes }: Contract.ContractService): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(codes).map(([code, { advice, meaning, refused, source }]) => [
    code,
    meaning,
    advice,
    refused ? "refused" : "not known to be refused",
    source
  ])

const exemptRows = ({ signature }: Contract.ContractService): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(signature.exempt).map(([name, fields]) => [name, fields.join(", "), "MERCHANT"])

export const describe = (contract: Contract.ContractService, file: string | undefined): string =>
  `${[
    file === undefined
      ? "The proposed contract, with no corrections."
      : `The contract with the corrections of ${printable(file)}.`,
    ...part("Values", valueRows(contract)),
    ...part("Paths", pathRows(contract)),
    ...part("Renamed fields, ours and the vendor's", fieldRows(contract)),
    ...part("What enum values mean", enumRows(contract)),
    ...part("Codes", codeRows(contract)),
    ...part("Fields that are not signed", exemptRows(contract))
  ].join("\n")}\n`
