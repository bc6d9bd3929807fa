import type { ContractService, EnumName, Meaning } from "@effect-yunmo/schema/Contract"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { Dto } from "@effect-yunmo/schema/Dto"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Option from "effect/Option"

/** The contract as the vendor's side reads it: from a meaning to what stands on the wire. */
export interface Vocabulary {
  readonly contract: ContractService
  readonly codeOf: (name: ResponseCode.Name) => string
  readonly meaningOfCode: (code: string) => string
  /** A meaning that the merchant's contract has no value for is sent under its own name, which no value can collide with. */
  readonly valueOf: <E extends EnumName>(name: E, meaning: Meaning<E>) => string
  readonly meaningOf: <E extends EnumName>(name: E, raw: string) => Option.Option<Meaning<E>>
  readonly fieldOf: (dto: Dto, field: string) => string
}

export const make = (contract: ContractService): Vocabulary => {
  const codes = new Map<string, string>(
    ResponseCode.rows.map(({ code, name }) => [
      name,
      Object.entries(contract.codes).find(([, row]) => row.name === name)?.[0] ?? code
    ])
  )
  return {
    contract,
    codeOf: (name) => codes.get(name) ?? name,
    meaningOfCode: (code) =>
      Option.match(Contract.codeOf(contract, code), { onNone: () => code, onSome: (row) => row.meaning }),
    valueOf: (name, meaning) =>
      Option.getOrElse(Contract.wireValueOf(contract, name, meaning), () => meaning),
    meaningOf: (name, raw) => Contract.meaningOf(contract, name, raw),
    fieldOf: (dto, field) => contract.fields[dto.name]?.[field] ?? field
  }
}
