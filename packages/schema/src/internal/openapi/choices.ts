/** What a person chose, and the corrections that come of it. */

import * as Either from "effect/Either"
import * as Contract from "../../Contract.js"
import type { Choices, Difference, Report } from "../../OpenApi.js"
import * as Operation from "../../Operation.js"
import { meanings } from "../meanings.js"
import { nearest } from "../nearest.js"
import { isPath } from "../overrides.js"
import { listed, show } from "./show.js"

type Mutable = {
  operations: Partial<Record<Operation.Name, string>>
  fields: Record<string, Record<string, string>>
  enums: Record<string, Record<string, string>>
  version?: string
}

const suggestion = (name: string, candidates: ReadonlyArray<string>): string => {
  const near = nearest(name, candidates)
  return near === undefined ? "" : ` (did you mean ${near}?)`
}

const operationNames = Operation.all.map(({ name }): string => name)

/** Whether there is such an enum, or such a field of a data object; a value of an enum may be any. */
const isKnown = (owner: string, key: string, problems: Array<string>): boolean => {
  if (Object.hasOwn(meanings, owner)) {
    return true
  }
  const dto = Contract.dataObjects.find(({ name }) => name === owner)
  const fields = Object.keys(dto?.fields ?? {})
  if (dto === undefined) {
    const names = [...Contract.dataObjects.map(({ name }) => name), ...Contract.enumNames]
    problems.push(`there is no data object or enum ${show(owner)}${suggestion(owner, names)}`)
  } else if (!fields.includes(key)) {
    problems.push(`${owner} has no field ${show(key)}${suggestion(key, fields)}`)
  }
  return fields.includes(key)
}

/** Reads `createCustomer=/v1/customer`, `CustomerAddDto.phone=mobile`, `orderStatus.2=failed` and `version=V1.0`. */
export const choicesFrom = (words: ReadonlyArray<string>): Either.Either<Choices, ReadonlyArray<string>> => {
  const problems: Array<string> = []
  const chosen: Mutable = { operations: {}, fields: {}, enums: {} }
  for (const word of words) {
    const equals = word.indexOf("=")
    const [left, right] = [word.slice(0, equals).trim(), word.slice(equals + 1).trim()]
    const dot = left.indexOf(".")
    const [owner, key] = [left.slice(0, dot), left.slice(dot + 1)]
    if (equals < 1 || right === "") {
      problems.push(
        `${show(word)} is no choice; write operation=path, Object.field=name or enum.value=meaning`
      )
    } else if (right.startsWith("/") && Operation.isName(left)) {
      if (chosen.operations[left] !== undefined) {
        problems.push(`${left} is chosen twice`)
      }
      chosen.operations[left] = right
    } else if (left === "version") {
      chosen.version = right
    } else if (dot < 1) {
      problems.push(
        Operation.isName(left)
          ? `the path for ${left} has to begin with /`
          : `there is no operation ${show(left)}${suggestion(left, operationNames)}`
      )
    } else if (isKnown(owner, key, problems)) {
      const group = Object.hasOwn(meanings, owner) ? chosen.enums : chosen.fields
      const before = group[owner]
      if (before !== undefined && Object.hasOwn(before, key)) {
        problems.push(`${show(left)} is chosen twice`)
      }
      group[owner] = { ...before, [key]: right }
    }
  }
  return problems.length > 0 ? Either.left(problems) : Either.right(chosen)
}

const differencesOf = (report: Report): ReadonlyArray<Difference> =>
  [...report.operations, ...report.notifications].flatMap(({ differences }) => differences)

/** The renames the report proposes, each with all operations at one about it; the others are told. */
const proposedRenames = (report: Report): Readonly<Record<string, Readonly<Record<string, string>>>> => {
  const found = new Map<string, Set<string>>()
  const all = differencesOf(report)
  const stays = new Set(
    // A data object that is shared keeps its name where one of its operations has it under that name.
    report.operations.flatMap(({ name, differences }) => {
      const { request, response } = Operation.operations[name]
      return [request, response.dto].flatMap((dto) =>
        dto === undefined
          ? []
          : Object.keys(dto.fields)
              .filter(
                (field) =>
                  !differences.some(
                    (one) =>
                      one.dto === dto.name &&
                      one.field === field &&
                      (one.kind === "renamed" || one.kind === "missing")
                  )
              )
              .map((field) => `${dto.name}.${field}`)
      )
    })
  )
  for (const { dto, field, found: theirs, kind } of all) {
    if (kind === "renamed" && dto !== undefined && field !== undefined && theirs !== undefined) {
      const key = `${dto}.${field}`
      found.set(key, (found.get(key) ?? new Set()).add(theirs))
    }
  }
  const renames: Record<string, Record<string, string>> = {}
  for (const [key, names] of found) {
    const [dto = "", field = ""] = key.split(".")
    const [only] = names
    if (names.size === 1 && only !== undefined && !stays.has(key)) {
      renames[dto] = { ...renames[dto], [field]: only }
    }
  }
  return renames
}

/** Names that the export has in a data object and we do not. */
const namesIn = (report: Report, dto: string): ReadonlyArray<string> =>
  differencesOf(report).flatMap((one) =>
    one.dto === dto && (one.kind === "extra" || one.kind === "renamed") && one.found !== undefined
      ? [one.found]
      : []
  )

const fieldProblems = (report: Report, choices: Choices): ReadonlyArray<string> =>
  Object.entries(choices.fields ?? {}).flatMap(([dto, renames]) => {
    const theirs = namesIn(report, dto)
    return Object.entries(renames).flatMap(([field, name]) =>
      theirs.includes(name)
        ? []
        : [
            `${show(dto)}.${show(field)}: the export has no field ${show(name)} there that is not ours${
              theirs.length === 0 ? "" : ` (it has ${listed(theirs, 12)})`
            }`
          ]
    )
  })

/** An enum that is given replaces ours whole: so what the export lists keeps its meaning, and the chosen ones join it. */
const enumsOf = (
  report: Report,
  contract: Contract.ContractService,
  choices: Choices
): { readonly enums: Record<string, Record<string, string>>; readonly problems: ReadonlyArray<string> } => {
  const problems: Array<string> = []
  const enums: Record<string, Record<string, string>> = {}
  for (const name of Contract.enumNames) {
    const chosen = Object.hasOwn(choices.enums ?? {}, name) ? choices.enums?.[name] : undefined
    if (chosen === undefined) {
      continue
    }
    const values = differencesOf(report).flatMap((one) => (one.enum === name ? (one.values ?? []) : []))
    const known: Readonly<Record<string, string>> = contract.enums[name]
    for (const [value, meaning] of Object.entries(chosen)) {
      if (!values.includes(value)) {
        problems.push(`${name}.${show(value)}: the export lists no such value that we do not know`)
      }
      const allowed: ReadonlyArray<string> = meanings[name].literals
      if (!allowed.includes(meaning)) {
        problems.push(
          `${name}.${show(value)}: ${show(meaning)} is none of its meanings, which are ${allowed.join(", ")}`
        )
      }
    }
    enums[name] = {
      ...Object.fromEntries(Object.entries(known).filter(([value]) => values.includes(value))),
      ...chosen
    }
  }
  return { enums, problems }
}

/** A path with a parameter in it would be sent as it stands, and one with a query cannot be one of the contract. */
export const isFixed = (path: string): boolean => isPath(path) && !/[{}]/.test(path)

/** The contract takes no path twice, and what the export lacks keeps the path it has. */
const pathProblems = (report: Report, contract: Contract.ContractService): ReadonlyArray<string> =>
  report.operations.flatMap(({ found, name }) =>
    report.absent
      .filter((absent) => isFixed(found.path) && contract.paths[absent].path === found.path)
      .map(
        (absent) =>
          `${show(found.path)} is ${name} in the export, and the path that ${absent} has here, which the export lacks: give ${absent} another path in the corrections that these build upon`
      )
  )

/** The corrections as plain data, which nobody has checked yet, or what is wrong with the choices. */
export const correctionsOf = (
  report: Report,
  contract: Contract.ContractService,
  choices: Choices,
  base: Contract.Overrides
): Either.Either<unknown, ReadonlyArray<string>> => {
  const { enums, problems } = enumsOf(report, contract, choices)
  const all = [...pathProblems(report, contract), ...fieldProblems(report, choices), ...problems]
  const renames = choices.acceptRenames === true ? proposedRenames(report) : {}
  const fields: Record<string, Record<string, string>> = {}
  for (const group of [base.fields ?? {}, renames, choices.fields ?? {}]) {
    for (const [dto, names] of Object.entries(group)) {
      fields[dto] = { ...fields[dto], ...names }
    }
  }
  const paths = Object.fromEntries(
    report.operations.filter(({ found }) => isFixed(found.path)).map(({ found, name }) => [name, found.path])
  )
  return all.length > 0
    ? Either.left(all)
    : Either.right({
        ...base,
        ...(choices.version === undefined ? {} : { version: choices.version }),
        paths: { ...base.paths, ...paths },
        ...(Object.keys(fields).length === 0 ? {} : { fields }),
        ...(Object.keys(enums).length === 0 ? {} : { enums: { ...base.enums, ...enums } })
      })
}
