import type { ContractService } from "../Contract.js"
import type { Shape } from "./overrides.js"
import { mapRecord } from "./record.js"

type Overrides = typeof Shape.Type
type CodeRow = ContractService["codes"][string]

const merchants = () => "MERCHANT" as const

const mergedCode = (before: CodeRow | undefined, row: NonNullable<Overrides["codes"]>[string]): CodeRow => {
  const source = merchants()
  const name = before?.name ?? "UnknownResponseCode"
  const family = before?.family ?? "unspecified"
  // A listed code keeps its error, and with it its family.
  return name === "UnknownResponseCode" ? { family, ...row, name, source } : { ...row, family, name, source }
}

/** Corrections over a contract; what they touch is labelled. */
export const merge = (overrides: Overrides, base: ContractService): ContractService => {
  const { codes = {}, enums = {}, fields = {}, paths = {}, signature = {}, ...scalars } = overrides
  const { exempt = {}, ...policies } = signature
  const codeBefore = new Map(Object.entries(base.codes))
  return {
    ...base,
    ...scalars,
    paths: { ...base.paths, ...mapRecord(paths, (path) => ({ path, source: merchants() })) },
    codes: {
      ...base.codes,
      ...Object.fromEntries(
        Object.entries(codes).map(([code, row]) => [code, mergedCode(codeBefore.get(code), row)])
      )
    },
    fields: {
      ...base.fields,
      ...Object.fromEntries(
        Object.entries(fields).map(([name, renames]) => [name, { ...base.fields[name], ...renames }])
      )
    },
    enums: { ...base.enums, ...enums },
    enumSources: { ...base.enumSources, ...mapRecord(enums, merchants) },
    valueSources: Object.fromEntries(
      Object.entries(base.valueSources).filter(([name]) => !Object.hasOwn(enums, name))
    ),
    signature: { ...base.signature, ...policies, exempt: { ...base.signature.exempt, ...exempt } },
    sources: {
      ...base.sources,
      ...mapRecord(scalars, merchants),
      ...(policies.nested === undefined ? {} : { "signature.nested": merchants() }),
      ...(policies.responses === undefined ? {} : { "signature.responses": merchants() })
    }
  }
}
