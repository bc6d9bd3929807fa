/** What the demo tells: a line per step as it happens, and the tables or the JSON object at the end. */
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"

export interface Step {
  /** As numbered in the vendor's documentation. */
  readonly section: string
  readonly operation: Operation.Name
  /** The vendor's code, or the name of the error that took its place. */
  readonly code: string
  readonly milliseconds: number
}

export interface NotificationCount {
  readonly eventType: string
  readonly sent: number
  readonly acknowledged: number
  readonly handled: number
}

export class StepFailed extends Data.TaggedError("StepFailed")<{
  readonly what: string
  readonly reason: string
}> {
  override get message(): string {
    return `${this.what} failed: ${this.reason}`
  }
}

interface Failure {
  readonly _tag: string
  readonly message: string
  readonly code?: string
}

export interface ReportService {
  /** Runs a call of an operation and tells of it. */
  readonly step: <A>(
    operation: Operation.Name,
    call: Effect.Effect<A, Failure>,
    show?: (value: A) => string
  ) => Effect.Effect<A, StepFailed>
  /** Waits for something that is no call of ours, and tells of it. */
  readonly event: <A>(
    section: string,
    what: string,
    wait: Effect.Effect<A, Failure>,
    show?: (value: A) => string
  ) => Effect.Effect<A, StepFailed>
  readonly say: (line: string) => Effect.Effect<void>
  readonly steps: Effect.Effect<ReadonlyArray<Step>>
}

export class Report extends Context.Tag("@effect-yunmo/demo-app/Report")<Report, ReportService>() {}

const line = (section: string, what: string, code: string, milliseconds: number, note: string): string =>
  `  ${section.padEnd(5)} ${what.padEnd(38)} ${code.padEnd(9)} ${String(milliseconds).padStart(5)} ms  ${note}`.trimEnd()

export const layer = (options: { readonly quiet: boolean }): Layer.Layer<Report> =>
  Layer.effect(
    Report,
    Effect.map(Ref.make<ReadonlyArray<Step>>([]), (steps) => {
      const say = (text: string) => (options.quiet ? Effect.void : Console.log(text))
      const timed = <A>(
        what: string,
        run: Effect.Effect<A, Failure>,
        tell: (code: string, milliseconds: number, value: A | undefined) => Effect.Effect<void>
      ) =>
        Effect.gen(function* () {
          const begin = yield* Clock.currentTimeMillis
          const result = yield* Effect.either(run)
          const milliseconds = (yield* Clock.currentTimeMillis) - begin
          if (result._tag === "Left") {
            yield* tell(result.left.code ?? result.left._tag, milliseconds, undefined)
            return yield* new StepFailed({ what, reason: result.left.message })
          }
          yield* tell("200", milliseconds, result.right)
          return result.right
        })
      return {
        say,
        steps: Ref.get(steps),
        step: (operation, call, show = () => "") => {
          const { section, title } = Operation.operations[operation]
          return timed(`${section} ${title}`, call, (code, milliseconds, value) =>
            Effect.zipRight(
              Ref.update(steps, (all) => [...all, { section, operation, code, milliseconds }]),
              say(line(section, title, code, milliseconds, value === undefined ? "" : show(value)))
            )
          )
        },
        event: (section, what, wait, show = () => "") =>
          timed(what, wait, (code, milliseconds, value) =>
            say(
              line(
                section,
                what,
                value === undefined ? code : "handled",
                milliseconds,
                value === undefined ? "" : show(value)
              )
            )
          )
      }
    })
  )

/** The operations table: each of the 25 with its calls. */
export const operationsTable = (steps: ReadonlyArray<Step>): string =>
  [
    "Operations",
    ...Operation.all.map(({ name, section, title }) => {
      const own = steps.filter((step) => step.operation === name)
      const codes = [...new Set(own.map((step) => step.code))].join(",")
      const time = own.reduce((total, step) => total + step.milliseconds, 0)
      return `  ${section.padEnd(5)} ${title.padEnd(38)} ${(codes || "not called").padEnd(10)} ${String(own.length).padStart(2)}x ${String(time).padStart(6)} ms`
    })
  ].join("\n")

export const notificationsTable = (counts: ReadonlyArray<NotificationCount>): string =>
  [
    "Notifications        sent  answered OK  handled",
    ...counts.map(
      ({ acknowledged, eventType, handled, sent }) =>
        `  ${eventType.padEnd(16)} ${String(sent).padStart(6)} ${String(acknowledged).padStart(12)} ${String(handled).padStart(8)}`
    )
  ].join("\n")
