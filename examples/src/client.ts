/** The client of all examples: settings from the environment, journals in a SQLite file. */
import { Yunmo } from "@effect-yunmo/client"
import { Sqlite, UndiciClient } from "@effect-yunmo/node"
import { SqlCardJournal, SqlOrderJournal } from "@effect-yunmo/processing"
import { Ids } from "@effect-yunmo/schema"
import { Config, Effect, Layer } from "effect"

/** What may not be done twice is written down here first. In production, put it where it is backed up. */
const database = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.string("YUNMO_DATABASE"), "./yunmo.sqlite"), (filename) =>
    Sqlite.layer({ filename })
  )
)

const journals = Layer.provide(Layer.merge(SqlOrderJournal.layer, SqlCardJournal.layer), database)

export const client = Yunmo.layerConfig({
  merchantNo: Config.map(Config.nonEmptyString("YUNMO_MERCHANT_NO"), (text) => Ids.MerchantNo.make(text)),
  apiKey: Config.redacted("YUNMO_API_KEY"),
  secretKey: Config.redacted("YUNMO_SECRET_KEY"),
  // Without one it is the vendor's sandbox. Production has to be given.
  baseUrl: Config.withDefault(Config.string("YUNMO_BASE_URL"), undefined)
}).pipe(Layer.provide(journals), Layer.provide(UndiciClient.layer))
