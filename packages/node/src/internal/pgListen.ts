import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Client, escapeIdentifier } from "pg"
import { clientConfig, type Options } from "./pgConfig.js"
import { describeFailure } from "./pgFailure.js"

class Lost extends Data.TaggedError("Lost")<{ readonly reason: string }> {}

const again = Schedule.exponential("50 millis").pipe(
  Schedule.union(Schedule.spaced("5 seconds")),
  Schedule.jittered
)

const connected = (options: Options) =>
  Effect.flatMap(clientConfig(options), ({ shown: _, ...config }) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const client = new Client(config)
        // Without a listener an error would end the process; "end" comes as well.
        client.on("error", constVoid)
        return client
      }),
      (client) =>
        Effect.promise(() => client.end()).pipe(Effect.interruptible, Effect.timeoutOption("1 second"))
    )
  ).pipe(Effect.mapError((error) => new Lost({ reason: error.reason })))

/**
 * Listens to a channel until the scope closes, in a fiber of its own. The connection is made again whenever it is lost; after
 * each time `rung` is told, since something may have been missed.
 */
export const listen = (
  options: Options,
  channel: string,
  rung: Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    let silent = false

    const once = Effect.gen(function* () {
      const client = yield* connected(options)
      const ended = Effect.async<never, Lost>((resume) => {
        client.once("end", () => resume(new Lost({ reason: "the connection has ended" })))
      })
      const asked = Effect.tryPromise({
        try: async () => {
          await client.connect()
          client.on("notification", (message) => {
            if (message.channel === channel) {
              run(rung)
            }
          })
          await client.query(`LISTEN ${escapeIdentifier(channel)}`)
        },
        catch: (cause) => new Lost({ reason: describeFailure(cause).reason })
      })
      const begun = Effect.suspend(() => {
        const before = silent
        silent = false
        return before ? Effect.logInfo("The doorbell of the database is heard again.") : Effect.void
      })
      // Both begin before the first waits: an end in between is not missed.
      yield* Effect.raceFirst(
        Effect.zipRight(Effect.all([asked, begun, rung], { discard: true }), Effect.never),
        ended
      )
    }).pipe(Effect.scoped)

    const complained = ({ reason }: Lost) =>
      Effect.suspend(() => {
        const first = !silent
        silent = true
        return first
          ? Effect.logWarning(
              `The doorbell of the database is not heard (${reason}); until it is, new rows are found at the next look.`
            )
          : Effect.void
      })

    yield* once.pipe(
      Effect.tapError(complained),
      Effect.retry(Schedule.resetAfter(again, "10 seconds")),
      Effect.forkScoped
    )
  })
