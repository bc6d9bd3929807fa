/** What can go wrong, caught by name. In the sandbox a customer code `FORCE-<code>` is answered with that code. */
import { NodeRuntime } from "@effect/platform-node"
import { Policy, Yunmo } from "@effect-yunmo/client"
import { Ids } from "@effect-yunmo/schema"
import { Duration, Effect } from "effect"
import { client } from "./client.js"

const create = (customerCode: Ids.CustomerCode) =>
  Effect.flatMap(Yunmo.Yunmo, ({ customers }) => customers.create({ customerCode })).pipe(
    Effect.map(({ customerId }) => `created ${customerId}`),
    Effect.catchTags({
      // A code of the vendor's table (4000004): each has a name.
      CustomerCodeExists: ({ code }) => Effect.succeed(`${code}: is a customer already`),
      // A code nobody has named yet keeps itself.
      UnknownResponseCode: ({ code }) => Effect.succeed(`${code}: nobody has named this code`),
      // May have been executed. It has a key, so ask by it; `settle` says how.
      OutcomeUnknown: ({ settle }) => Effect.succeed(`may be a customer now. ${settle}`)
    }),
    // All the others, told by what they advise: stop, fix the request, log in again…
    Effect.catchAll((error) =>
      Effect.succeed("advice" in error ? `${error._tag}, so ${error.advice}` : error.message)
    )
  )

const program = Effect.gen(function* () {
  const { cards, customers } = yield* Yunmo.Yunmo

  for (const code of ["FORCE-4000004", "FORCE-2000005", "FORCE-3000000"]) {
    yield* Effect.log(`${code}: ${yield* create(Ids.CustomerCode.make(code))}`)
  }

  // What does not fit is not sent: the error names field and rule, never the value.
  const invalid = yield* Effect.flip(customers.query({}))
  yield* Effect.log(invalid.message)

  // For this region of the program a call may take two seconds in all, with one repeat.
  const samples = yield* cards.samples.pipe(Policy.within({ deadline: Duration.seconds(2), retries: 1 }))
  yield* Effect.log(`${samples.length} card samples`)
})

NodeRuntime.runMain(Effect.provide(program, client))
