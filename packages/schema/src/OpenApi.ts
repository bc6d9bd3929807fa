/**
 * Corrections of the contract from the vendor's own documentation. Its host (Apifox) exports OpenAPI 3.0 or 3.1, as JSON
 * or YAML, or as Markdown pages that each hold one OpenAPI block. `read` reads them, `compare` finds our operations in them
 * by name and tells every difference, `toOverrides` makes of it what `Contract.fromOverrides` and `Contract.fromJson` take.
 *
 * Where two operations fit, or none fits well, the report asks, and no corrections are made until somebody has chosen. A
 * field that looks renamed is told and never renamed by itself. Nothing is fetched and nothing in an export is run.
 *
 * A module of its own, and the only one here that needs a YAML parser.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Contract from "./Contract.js"
import { check } from "./internal/corrections.js"
import { choicesFrom, correctionsOf } from "./internal/openapi/choices.js"
import { readAll } from "./internal/openapi/document.js"
import { formatted } from "./internal/openapi/format.js"
import { maxBytes as loadMaxBytes } from "./internal/openapi/load.js"
import { survey } from "./internal/openapi/survey.js"
import type * as Notification from "./Notification.js"
import type * as Operation from "./Operation.js"
import type { Source } from "./Provenance.js"

/**
 * One file of an export: a document, or a Markdown page with one in it. JSON and text over 10 MiB and YAML over 4 MiB are
 * refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  /** For messages and the report; its ending says Markdown, JSON or YAML. */
  readonly name: string
  readonly text: string
  /** Found in a folder, not named by anybody: passed over when it is something else than OpenAPI. */
  readonly isFound?: boolean
}

/**
 * How large a file may be, in bytes. YAML may have 4 MiB of them: its parser takes a hundred times the size of the text.
 *
 * @since 0.1.0
 * @category data
 */
export const maxBytes: number = loadMaxBytes

/**
 * Something that keeps a file from being read. It names places, never what stands there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Problem {
  readonly file: string
  readonly line?: number
  readonly problem: string
}

/**
 * A document of an export.
 *
 * @since 0.1.0
 * @category models
 */
export interface Document {
  readonly file: string
  readonly version: "3.0" | "3.1"
  readonly root: unknown
  /** References to other documents. They are never fetched. */
  readonly external: ReadonlyArray<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Export {
  readonly documents: ReadonlyArray<Document>
  /** Files without an operation, as the vendor's page on signatures is one. */
  readonly passedOver: ReadonlyArray<Problem>
}

/**
 * Where an operation stands in an export.
 *
 * @since 0.1.0
 * @category models
 */
export interface Located {
  readonly file: string
  /** `POST`. */
  readonly method: string
  readonly path: string
  readonly title: string
}

/**
 * An operation of the export that may be the one that is looked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Candidate extends Located {
  /** From 40 on it is taken, if nothing else comes within 15. */
  readonly points: number
  readonly reasons: ReadonlyArray<string>
}

/**
 * What somebody has to decide before there can be corrections.
 *
 * @since 0.1.0
 * @category models
 */
export interface Question {
  readonly operation: Operation.Name
  readonly why: string
  readonly candidates: ReadonlyArray<Candidate>
}

/**
 * One difference between an export and the contract.
 *
 * @since 0.1.0
 * @category models
 */
export interface Difference {
  readonly kind:
    | "path"
    | "method"
    | "mediaType"
    | "parameter"
    | "missing"
    | "extra"
    | "renamed"
    | "type"
    | "optionality"
    | "enum"
  readonly part: "operation" | "request" | "response" | "notification"
  /** `data.benefits[].benefitName`, under the export's names. */
  readonly where: string
  /** The vendor's name of our data object; absent in the envelope. */
  readonly dto?: string
  /** Our field. */
  readonly field?: string
  /** The export's field. */
  readonly found?: string
  readonly enum?: Contract.EnumName
  /** The values that the export lists. */
  readonly values?: ReadonlyArray<string>
  readonly ours: string
  readonly theirs: string
  /** Where our side is known from; absent for what we do not have. */
  readonly source?: Source
  /** A `correction` of what was proposed or guessed; a `contradiction` of what binds: SPEC, VENDOR, or your own correction. */
  readonly verdict: "correction" | "contradiction"
  /** What to do about it. */
  readonly advice: string
}

/**
 * A difference around `data`, told once for all operations that have it.
 *
 * @since 0.1.0
 * @category models
 */
export interface EnvelopeDifference extends Difference {
  readonly operations: ReadonlyArray<string>
}

/**
 * An operation or notification that was found, and how it differs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Compared<Name extends string = string> {
  readonly name: Name
  readonly section: string
  /** The vendor's title, as we know it. */
  readonly title: string
  readonly found: Located
  readonly points: number
  readonly reasons: ReadonlyArray<string>
  readonly differences: ReadonlyArray<Difference>
  /** What could not be compared. */
  readonly notes: ReadonlyArray<string>
}

/**
 * What `compare` found, in the vendor's order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  readonly files: ReadonlyArray<{ readonly file: string; readonly version: string }>
  readonly servers: ReadonlyArray<{
    readonly url: string
    readonly description: string
    readonly file: string
  }>
  readonly operations: ReadonlyArray<Compared<Operation.Name>>
  readonly notifications: ReadonlyArray<Compared<Exclude<Notification.Kind, "Unknown">>>
  readonly questions: ReadonlyArray<Question>
  /** Operations of ours that the export does not have. */
  readonly absent: ReadonlyArray<Operation.Name>
  /** Operations of the export that we do not have. */
  readonly lacking: ReadonlyArray<Located>
  readonly envelope: ReadonlyArray<EnvelopeDifference>
  /** What could not be compared, or was passed over. */
  readonly notes: ReadonlyArray<string>
}

/**
 * What a person decides where an export leaves a choice.
 *
 * @since 0.1.0
 * @category models
 */
export interface Choices {
  /** The path of an operation. */
  readonly operations?: Readonly<Partial<Record<Operation.Name, string>>>
  /** Name of the data object, our field, the export's name of it. */
  readonly fields?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What values mean that the export lists. */
  readonly enums?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The `version` text of requests. */
  readonly version?: string
  /** Takes every rename that the report proposes, where all operations that share the data object agree on it. */
  readonly acceptRenames?: boolean
}

/**
 * Files that are no OpenAPI 3.0 or 3.1, or cannot be read. All that is wrong is named at once.
 *
 * @since 0.1.0
 * @category errors
 */
export class OpenApiInvalid extends Schema.TaggedError<OpenApiInvalid>()("OpenApiInvalid", {
  problems: Schema.Array(
    Schema.Struct({
      file: Schema.String,
      line: Schema.optionalWith(Schema.Number, { exact: true }),
      problem: Schema.String
    })
  )
}) {
  override get message(): string {
    const list = this.problems.map(({ file, line, problem }) =>
      file === "" ? problem : `${file}${line === undefined ? "" : `, line ${line}`}: ${problem}`
    )
    return `The export cannot be read: ${list.join("; ")}.`
  }
}

/**
 * Operations that have to be chosen first.
 *
 * @since 0.1.0
 * @category errors
 */
export class Undecided extends Schema.TaggedError<Undecided>()("Undecided", {
  operations: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Somebody has to choose first which operation of the export is ${this.operations.join(", ")}; give its path as a choice.`
  }
}

/**
 * Choices that name something which is not there, or make no valid contract.
 *
 * @since 0.1.0
 * @category errors
 */
export class ChoiceInvalid extends Schema.TaggedError<ChoiceInvalid>()("ChoiceInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `These choices cannot be used: ${this.problems.join("; ")}. Correct the named ones.`
  }
}

/**
 * Reads an export: the text of one document, or several files together. Markdown pages without an OpenAPI block are passed
 * over, if another file has one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (files: string | ReadonlyArray<File>): Either.Either<Export, OpenApiInvalid> =>
  Either.mapLeft(
    readAll(typeof files === "string" ? [{ name: "the document", text: files }] : files),
    (problems) => new OpenApiInvalid({ problems: [...problems] })
  )

/**
 * Finds our operations in an export, and tells how it differs from the contract. Never fails: what is unclear is a question
 * or a note of the report. The same export and contract always give the same report.
 *
 * @example
 * ```ts
 * import * as Contract from "@effect-yunmo/schema/Contract"
 * import * as OpenApi from "@effect-yunmo/schema/OpenApi"
 * import * as Either from "effect/Either"
 *
 * const overridesFrom = (text: string) =>
 *   Either.gen(function* () {
 *     const report = OpenApi.compare(yield* OpenApi.read(text), Contract.proposed)
 *     console.log(OpenApi.format(report))
 *     return yield* OpenApi.toOverrides(report, { fields: { CustomerAddDto: { phone: "mobile" } } })
 *   })
 * ```
 *
 * @since 0.1.0
 * @category comparing
 */
export const compare = (
  exported: Export,
  contract: Contract.ContractService = Contract.proposed,
  choices: Choices = {}
): Report => survey(exported, contract, choices)

/**
 * Reads choices as they are written on a command line: `createCustomer=/v1/customer`, `CustomerAddDto.phone=mobile`,
 * `orderStatus.2=failed`, `version=V1.0`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const choicesOf = (words: ReadonlyArray<string>): Either.Either<Choices, ChoiceInvalid> =>
  Either.mapLeft(choicesFrom(words), (problems) => new ChoiceInvalid({ problems: [...problems] }))

/**
 * The corrections a report amounts to: the paths that were found, and the fields and enum values that were chosen, over the
 * corrections there are (`base`). An enum with a chosen value keeps those of its known values that the export lists.
 *
 * @since 0.1.0
 * @category comparing
 */
export const toOverrides = (
  report: Report,
  choices: Choices = {},
  base: Contract.Overrides = {}
): Either.Either<Contract.Overrides, Undecided | ChoiceInvalid> => {
  if (report.questions.length > 0) {
    return Either.left(new Undecided({ operations: report.questions.map(({ operation }) => operation) }))
  }
  return Contract.fromOverrides(base).pipe(
    Either.mapLeft(({ problems }) => problems),
    Either.flatMap((contract) => correctionsOf(report, contract, choices, base)),
    Either.flatMap((corrections) => check(corrections, Contract.proposed)),
    Either.mapLeft((problems) => new ChoiceInvalid({ problems: [...problems] }))
  )
}

/**
 * How many differences there are: of operations, notifications and envelope, operations that one side lacks, and questions.
 * A part of the documentation lacks operations by nature: `isPart` leaves these out.
 *
 * @since 0.1.0
 * @category accessors
 */
export const count = (report: Report, isPart = false): number =>
  [...report.operations, ...report.notifications].reduce(
    (sum, { differences }) => sum + differences.length,
    report.envelope.length +
      report.lacking.length +
      report.questions.length +
      (isPart ? 0 : report.absent.length)
  )

/**
 * The report for a person: by operation, one line for each difference with what to do about it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const format = (report: Report): string => formatted(report)
