/** The merchants file as JSON, checked by hand: what a schema or a parser says of a wrong value repeats it, and here values are secrets. */
import { isPath } from "../ServerSettings.js"

export type KeyEntry =
  | { readonly id: string | undefined; readonly secret: string }
  | { readonly id: string | undefined; readonly file: string }

export interface MerchantEntry {
  readonly merchantNo: string
  /** The first signs, all are accepted. */
  readonly keys: ReadonlyArray<KeyEntry>
  readonly path: string | undefined
}

type Fields = { readonly [name: string]: unknown }

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Where a parser stopped, without what it read there. */
const whereOf = (error: unknown): string => {
  const [, line, column] = /line (\d+) column (\d+)/.exec(error instanceof Error ? error.message : "") ?? []
  return line === undefined ? "" : ` (line ${line}, column ${column})`
}

class Reading {
  readonly problems: Array<string> = []

  problem(where: string, what: string): undefined {
    this.problems.push(`${where} ${what}`)
    return undefined
  }

  unknownFields(where: string, fields: Fields, known: ReadonlyArray<string>): void {
    for (const name of Object.keys(fields).filter((name) => !known.includes(name))) {
      this.problem(`${where}.${name}`, `is not known here (there is ${known.join(", ")})`)
    }
  }

  key(where: string, value: unknown): KeyEntry | undefined {
    if (typeof value === "string") {
      return { id: undefined, secret: value }
    }
    if (!isObject(value)) {
      return this.problem(
        where,
        'is neither a secret nor an object like {"id": "2026-11", "file": "acme.key"}'
      )
    }
    this.unknownFields(where, value, ["id", "secret", "file"])
    const { file, id, secret } = value
    if (id !== undefined && (typeof id !== "string" || !/^[\w.-]{1,64}$/.test(id))) {
      return this.problem(`${where}.id`, "is not a name of up to 64 letters, digits, dots and dashes")
    }
    if (secret !== undefined && file !== undefined) {
      return this.problem(where, "has both secret and file; give one of them")
    }
    if (typeof secret === "string") {
      return { id, secret }
    }
    return typeof file === "string" && file !== ""
      ? { id, file }
      : this.problem(where, "has neither a secret nor the name of a file")
  }

  merchant(index: number, value: unknown): MerchantEntry | undefined {
    const position = `merchants[${index}]`
    if (!isObject(value)) {
      return this.problem(position, "is not an object with merchantNo and secretKeys")
    }
    const { merchantNo, path, secretKeys } = value
    if (typeof merchantNo !== "string" || merchantNo === "" || merchantNo.trim() !== merchantNo) {
      return this.problem(`${position}.merchantNo`, "is not a merchant number")
    }
    const where = `merchant ${merchantNo}:`
    this.unknownFields(`merchant ${merchantNo}`, value, ["merchantNo", "secretKeys", "path"])
    if (path !== undefined && (typeof path !== "string" || !isPath(path))) {
      return this.problem(`${where} path`, "does not begin with /, or has blanks, ? or #")
    }
    if (!Array.isArray(secretKeys) || secretKeys.length === 0) {
      return this.problem(`${where} secretKeys`, "is not a list with at least one key")
    }
    const keys = secretKeys.flatMap((key: unknown, at) => {
      const read = this.key(`${where} secretKeys[${at}]`, key)
      return read === undefined ? [] : [read]
    })
    return { merchantNo, keys, path }
  }

  repeated(what: string, values: ReadonlyArray<string | undefined>): void {
    const given = values.filter((value) => value !== undefined)
    for (const value of new Set(given.filter((value, index) => given.indexOf(value) !== index))) {
      this.problem(`${what} ${value}`, "is given twice")
    }
  }

  file(text: string, takenPaths: ReadonlyArray<string>): ReadonlyArray<MerchantEntry> {
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch (error) {
      this.problem("it", `is not JSON${whereOf(error)}`)
      return []
    }
    const merchants = isObject(json) ? json["merchants"] : undefined
    if (!isObject(json) || !Array.isArray(merchants) || merchants.length === 0) {
      this.problem("it", 'is not an object like {"merchants": [ … ]} with at least one merchant')
      return []
    }
    this.unknownFields("it", json, ["merchants"])
    const entries = merchants.flatMap((value: unknown, index) => {
      const entry = this.merchant(index, value)
      return entry === undefined ? [] : [entry]
    })
    this.repeated(
      "merchant",
      entries.map(({ merchantNo }) => merchantNo)
    )
    this.repeated(
      "path",
      entries.map(({ path }) => path)
    )
    for (const { merchantNo, path } of entries) {
      if (path !== undefined && takenPaths.includes(path)) {
        this.problem(`merchant ${merchantNo}: path`, `is ${path}, which is taken; choose another`)
      }
    }
    return entries
  }
}

export const read = (
  text: string,
  takenPaths: ReadonlyArray<string>
): { readonly entries: ReadonlyArray<MerchantEntry>; readonly problems: ReadonlyArray<string> } => {
  const reading = new Reading()
  const entries = reading.file(text, takenPaths)
  return { entries, problems: reading.problems }
}
