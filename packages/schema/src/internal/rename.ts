import type { ContractService } from "../Contract.js"
import type { Dto } from "../Dto.js"
import { isJsonObject, type JsonObject, type JsonValue } from "./json.js"

const isList = (value: JsonValue): value is ReadonlyArray<JsonValue> => Array.isArray(value)

const inside = (
  contract: ContractService,
  dto: Dto | undefined,
  value: JsonValue,
  object: (contract: ContractService, dto: Dto, value: JsonObject) => JsonObject
): JsonValue =>
  dto === undefined
    ? value
    : isList(value)
      ? value.map((element) => inside(contract, dto, element, object))
      : isJsonObject(value)
        ? object(contract, dto, value)
        : value

/** Keys come from received messages: `toString` must not find what every JavaScript object inherits. */
const own = <A>(record: Readonly<Record<string, A>>, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const beside = "wire."

/** Most contracts have other names for few of the objects; the others go as they are. */
const isRenamed = (contract: ContractService, dto: Dto): boolean =>
  Object.hasOwn(contract.fields, dto.name) ||
  Object.values(dto.nested).some((inner) => isRenamed(contract, inner))

const objectToWire = (contract: ContractService, dto: Dto, data: JsonObject): JsonObject => {
  const names = own(contract.fields, dto.name) ?? {}
  const wireName = (ours: string): string => {
    const plain = ours.startsWith(beside) ? ours.slice(beside.length) : ours
    return own(names, ours) ?? (Object.hasOwn(names, plain) ? plain : ours)
  }
  return Object.fromEntries(
    Object.entries(data).map(([ours, value]) => [
      wireName(ours),
      inside(contract, own(dto.nested, ours), value, objectToWire)
    ])
  )
}

/**
 * A received field that bears the name of one of ours which the contract calls otherwise is not that field: it is kept
 * beside it, as an unknown one, under `wire.<name>`.
 */
const objectFromWire = (contract: ContractService, dto: Dto, data: JsonObject): JsonObject => {
  const names = own(contract.fields, dto.name) ?? {}
  const ours = new Map(Object.entries(names).map(([our, wire]) => [wire, our]))
  return Object.fromEntries(
    Object.entries(data).map(([wire, value]) => {
      const name = ours.get(wire) ?? (Object.hasOwn(names, wire) ? `${beside}${wire}` : wire)
      return [name, inside(contract, own(dto.nested, name), value, objectFromWire)]
    })
  )
}

export const toWire = (contract: ContractService, dto: Dto | undefined, data: JsonValue): JsonValue =>
  dto !== undefined && isRenamed(contract, dto) ? inside(contract, dto, data, objectToWire) : data

export const fromWire = (contract: ContractService, dto: Dto | undefined, data: JsonValue): JsonValue =>
  dto !== undefined && isRenamed(contract, dto) ? inside(contract, dto, data, objectFromWire) : data
