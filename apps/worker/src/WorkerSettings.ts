/** What the worker reads from its environment. Everything is read at once, so that everything wrong is named at once. */
import * as Settings from "@effect-yunmo/node/Settings"
import { DecisionPolicy } from "@effect-yunmo/processing/ThreeDsDesk"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

export const settings = Config.all({
  merchantNo: Settings.merchantNo,
  apiKey: Settings.apiKey,
  secretKey: Settings.secretKey,
  baseUrl: Settings.baseUrl,
  database: Settings.database,
  contractFile: Settings.contractFile,
  threeDsPolicy: Config.withDefault(Schema.Config("WORKER_THREE_DS_POLICY", DecisionPolicy), "ask"),
  pollInterval: Config.withDefault(Config.duration("WORKER_POLL_INTERVAL"), Duration.millis(500))
})

export type WorkerSettings = Config.Config.Success<typeof settings>
