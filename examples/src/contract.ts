/** What this toolkit only believes about the API, corrected from a file. Give yours, from your copy of the documentation. */
import { readFile } from "node:fs/promises"
import { NodeRuntime } from "@effect/platform-node"
import { Yunmo } from "@effect-yunmo/client"
import { Contract, Ids } from "@effect-yunmo/schema"
import { Clock, Config, Effect, Layer } from "effect"
import { client } from "./client.js"

const ours = new URL("../contract.json", import.meta.url)

/** `YUNMO_CONTRACT_FILE`, or the one beside this folder. Whatever is wrong in it is named, all of it. */
const contract = Layer.unwrapEffect(
  Effect.gen(function* () {
    const file = yield* Config.withDefault(Config.string("YUNMO_CONTRACT_FILE"), ours)
    return Contract.layerJson(yield* Effect.promise(() => readFile(file, "utf8")))
  })
)

const program = Effect.gen(function* () {
  const { paths, version } = yield* Contract.Contract
  const { path, source } = paths.createCustomer
  yield* Effect.log(`version ${version}; customers are created by POST ${path} (${source})`)

  const { customers } = yield* Yunmo.Yunmo
  const now = yield* Clock.currentTimeMillis
  const { customerId } = yield* customers.create({ customerCode: Ids.CustomerCode.make(`contract-${now}`) })
  yield* Effect.log(`customer ${customerId}`)
})

// The same contract for the client and for the program.
NodeRuntime.runMain(program.pipe(Effect.provide(client), Effect.provide(contract)))
