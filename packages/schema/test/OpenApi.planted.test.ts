/** The exports in `openapi/` and their planted differences were written by somebody who had not read the comparing code. */
import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Contract from "../src/Contract.js"
import * as OpenApi from "../src/OpenApi.js"
import * as Operation from "../src/Operation.js"

const folder = new URL("./openapi/", import.meta.url)
const text = (name: string): string => readFileSync(new URL(name, folder), "utf8")
const json = <A, I>(name: string, schema: Schema.Schema<A, I>): A =>
  Schema.decodeSync(Schema.parseJson(schema))(text(name))

const Planted = Schema.Struct({
  file: Schema.String,
  operation: Schema.NullOr(Schema.String),
  where: Schema.String,
  field: Schema.String,
  kind: Schema.String,
  ours: Schema.NullOr(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  theirs: Schema.NullOr(
    Schema.Union(
      Schema.String,
      Schema.Array(Schema.String),
      Schema.Struct({ path: Schema.String, title: Schema.String })
    )
  ),
  side: Schema.optional(Schema.String),
  required: Schema.optional(Schema.Boolean),
  harmless: Schema.optional(Schema.Boolean)
})
const planted = json("planted.json", Schema.Array(Planted))
const Asked = Schema.Struct({ path: Schema.Null, why: Schema.String })
const paths = json(
  "paths.json",
  Schema.Record({
    key: Schema.String,
    value: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.Union(Schema.String, Asked)) })
  })
)

const names = ["export-3.0.json", "export-3.1.yaml", "pages"] as const
const pages = readdirSync(new URL("pages/", folder)).sort()
const exports = {
  "export-3.0.json": [{ name: "export-3.0.json", text: text("export-3.0.json") }],
  "export-3.1.yaml": [{ name: "export-3.1.yaml", text: text("export-3.1.yaml") }],
  pages: pages.map((name) => ({ name, text: text(`pages/${name}`) }))
}
const read = {
  "export-3.0.json": Either.getOrThrow(OpenApi.read(exports["export-3.0.json"])),
  "export-3.1.yaml": Either.getOrThrow(OpenApi.read(exports["export-3.1.yaml"])),
  pages: Either.getOrThrow(OpenApi.read(exports.pages))
}
const reportOf = (name: keyof typeof exports, choices: OpenApi.Choices = {}): OpenApi.Report =>
  OpenApi.compare(read[name], Contract.proposed, choices)

/** One line for what was planted and what was found, in the same words. */
const line = (...parts: ReadonlyArray<string>): string => parts.join(" | ")

/** Our path of a field, `benefits.benefitDescription`, from where the export has it. */
const fieldOf = ({ field, found, where }: OpenApi.Difference): string => {
  const steps = where.replaceAll("[]", "").split(".").slice(1)
  return steps.length === 0 ? "" : [...steps.slice(0, -1), field ?? found ?? ""].join(".")
}

const seen = (report: OpenApi.Report): ReadonlyArray<string> => [
  ...[...report.operations, ...report.notifications].flatMap(({ differences, name }) =>
    differences
      .filter(({ kind }) => kind !== "path")
      .map((one) => {
        const field = fieldOf(one)
        return line(name, one.part, field, one.kind, one.kind === "renamed" ? `${one.found}` : "")
      })
  ),
  ...report.envelope.flatMap((one) =>
    one.operations.length === report.operations.length
      ? [
          line(
            "*",
            `envelope ${one.part}`,
            one.field ?? "",
            one.kind,
            one.kind === "renamed" ? `${one.found}` : ""
          )
        ]
      : one.operations.map((name) =>
          line(
            name,
            `envelope ${one.part}`,
            one.field ?? "",
            one.kind,
            one.kind === "renamed" ? `${one.found}` : ""
          )
        )
  ),
  ...report.absent.map((name) => line(name, "operation", "", "missing-operation", "")),
  ...report.lacking.map(({ path, title }) => line("", path, title, "unknown-operation", "")),
  ...report.questions.flatMap(({ candidates, operation }) =>
    candidates.map(({ path, title }) => line(operation, path, title, "ambiguous", ""))
  )
]

const plantedIn = (name: string) => planted.filter(({ file }) => file === name || file.startsWith(`${name}/`))

const expected = (name: string): ReadonlyArray<string> =>
  plantedIn(name).flatMap(({ field, kind, operation, ours, side, theirs, where }) => {
    const there = theirs !== null && typeof theirs === "object" && "path" in theirs ? theirs : undefined
    const target = kind === "renamed" ? String(theirs) : ""
    return there === undefined
      ? [
          line(
            operation ?? "",
            where === "envelope" ? `envelope ${side}` : where,
            field,
            kind === "shape" ? "type" : kind,
            target
          )
        ]
      : kind === "ambiguous" && Array.isArray(ours)
        ? ours.map((one: string) => line(one, there.path, there.title, kind, ""))
        : [line("", there.path, there.title, kind, "")]
  })

describe("the exports with planted differences", () => {
  for (const name of names) {
    it(`${name}: every planted difference is named, and nothing else`, () => {
      assert.deepStrictEqual([...seen(reportOf(name))].sort(), [...expected(name)].sort())
    })

    it(`${name}: the path of every operation is found`, () => {
      const report = reportOf(name)
      const found = Object.fromEntries(report.operations.map((one) => [one.name, one.found.path]))
      const known = Object.entries(paths[name] ?? {})
      assert.deepStrictEqual(found, Object.fromEntries(known.filter(([, path]) => typeof path === "string")))
      assert.sameMembers(
        report.questions.map(({ operation }) => operation),
        known.filter(([, path]) => typeof path === "object" && path?.why === "ambiguous").map(([key]) => key)
      )
      for (const { differences, found: there, name: operation } of report.operations) {
        assert.deepStrictEqual(
          differences.filter(({ kind }) => kind === "path").map(({ theirs }) => theirs),
          Operation.operations[operation].path === there.path ? [] : [there.path]
        )
      }
    })

    it(`${name}: the same again gives the same report`, () => {
      assert.deepStrictEqual(reportOf(name), reportOf(name))
      assert.strictEqual(OpenApi.format(reportOf(name)), OpenApi.format(reportOf(name)))
    })
  }

  for (const name of names) {
    it(`${name}: values, whether an extra field is required, and what does no harm are told`, () => {
      const report = reportOf(name)
      const told = [...report.operations, ...report.notifications].flatMap((compared) =>
        compared.differences.map((one) => ({ ...one, name: compared.name, at: fieldOf(one) }))
      )
      for (const { field, harmless, kind, operation, required, theirs, where } of plantedIn(name)) {
        const found = told.filter(
          (one) => one.name === operation && one.part === where && one.at === field && one.kind === kind
        )
        if (kind === "enum" && where !== "envelope") {
          assert.deepStrictEqual(
            found.map(({ values }): unknown => values),
            [theirs]
          )
        }
        if (required !== undefined) {
          assert.match(found[0]?.theirs ?? "", required ? /^required / : /^optional /)
        }
        if (harmless === true) {
          assert.match(found[0]?.advice ?? "", /nothing to do/)
        }
      }
    })
  }

  it("asks until somebody has chosen, and then writes corrections that leave no path to differ", () => {
    const undecided = OpenApi.toOverrides(reportOf("export-3.1.yaml"))
    assert.isTrue(Either.isLeft(undecided) && undecided.left._tag === "Undecided")
    const choices = Either.getOrThrow(
      OpenApi.choicesOf([
        "freezeCard=/gateway/v2/card/freeze-switch",
        "getCardPanHtml=/gateway/v2/card/pan",
        "adjustmentDirection.ADD=increase",
        "adjustmentDirection.SUB=decrease",
        "version=V1.0"
      ])
    )
    const report = reportOf("export-3.1.yaml", choices)
    assert.deepStrictEqual(report.questions, [])
    assert.sameMembers([...report.absent], ["unfreezeCard", "getCardPan", "updateCardEmail"])
    const overrides = Either.getOrThrow(OpenApi.toOverrides(report, { ...choices, acceptRenames: true }))
    const contract = Either.getOrThrow(Contract.fromJson(JSON.stringify(overrides)))
    const again = OpenApi.compare(read["export-3.1.yaml"], contract, choices)
    const kinds = [...again.operations, ...again.notifications].flatMap(({ differences }) =>
      differences.map(({ kind }) => kind)
    )
    assert.notInclude(kinds, "path")
    assert.notInclude(kinds, "renamed")
    assert.strictEqual(contract.paths.freezeCard.source, "MERCHANT")
    assert.deepStrictEqual(contract.enums.adjustmentDirection, { ADD: "increase", SUB: "decrease" })
    assert.deepStrictEqual(
      again.envelope.map(({ field, kind }) => `${field} ${kind}`),
      ["requestTime type", "msg renamed", "nonce missing"]
    )
  })

  it("finds the same in a document and in its pages", () => {
    const whole = OpenApi.compare(Either.getOrThrow(OpenApi.read(text("export-3.0.json"))))
    assert.strictEqual(whole.operations.length, Operation.all.length)
    assert.strictEqual(OpenApi.count(whole), whole.operations.length)
    assert.deepStrictEqual(
      whole.operations.flatMap(({ differences }) => differences.map(({ kind }) => kind)),
      whole.operations.map(() => "path")
    )
  })
})
