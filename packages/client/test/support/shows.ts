import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** Everything a program might print of a value. */
export const prints = (value: unknown): string =>
  [
    inspect(value, { depth: null, showHidden: true, getters: true }),
    String(value),
    JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item)),
    value instanceof Error ? `${value.message}\n${value.stack}` : "",
    Exit.isExit(value) && Exit.isFailure(value) ? Cause.pretty(value.cause, { renderErrorCause: true }) : ""
  ].join("\n")

/** Collects what is logged, at every level, by each of the loggers that programs use. */
export const logged = Effect.sync(() => {
  const all: Array<string> = []
  const collecting = Logger.make<unknown, void>((options) => {
    all.push(
      [Logger.stringLogger, Logger.logfmtLogger, Logger.jsonLogger]
        .map((logger) => logger.log(options))
        .concat(prints(options.message), prints(options.cause))
        .join("\n")
    )
  })
  return {
    all,
    collect: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      effect.pipe(
        Logger.withMinimumLogLevel(LogLevel.All),
        Effect.provide(Logger.replace(Logger.defaultLogger, collecting))
      )
  }
})

/** Collects spans as a tracer that exports everything would: names, attributes, events, links, and how they ended. */
export const traced = Effect.sync(() => {
  const all: Array<{
    readonly name: string
    readonly kind: string
    readonly shown: string
    readonly attributes: ReadonlyMap<string, unknown>
  }> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const events: Array<unknown> = []
      return {
        _tag: "Span",
        name,
        spanId: `span-${all.length}`,
        traceId: Option.match(parent, { onNone: () => "trace", onSome: ({ traceId }) => traceId }),
        parent,
        context,
        get status() {
          return { _tag: "Started", startTime } as const
        },
        attributes,
        links,
        sampled: true,
        kind,
        end: (_, exit) => {
          all.push({
            name,
            kind,
            attributes,
            shown: [prints(exit), prints([...attributes]), prints(events), prints(links)].join("\n")
          })
        },
        attribute: (key, value) => {
          attributes.set(key, value)
        },
        event: (...event) => {
          events.push(event)
        },
        addLinks: () => {}
      }
    },
    context: (f) => f()
  })
  return {
    all,
    collect: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.withTracer(effect, tracer)
  }
})
