/** What the worker reads from its environment. Everything is read at once, so that everything wrong is named at once. */
import * as Settings from "@effect-yunmo/node/Settings"
import * as Retention from "@effect-yunmo/notifications/Retention"
import { DecisionPolicy } from "@effect-yunmo/processing/ThreeDsDesk"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"

export const settings = Config.all({
  merchantNo: Settings.merchantNo,
  apiKey: Settings.apiKey,
  secretKey: Settings.secretKey,
  accepted: Settings.accepted,
  baseUrl: Settings.baseUrl,
  database: Settings.database,
  atRestKeys: Settings.atRestKeys,
  tokenKey: Settings.tokenKey,
  contractFile: Settings.contractFile,
  threeDsPolicy: Config.literal(...DecisionPolicy.literals)("WORKER_THREE_DS_POLICY").pipe(
    Config.withDefault("ask" as const)
  ),
  handledRows: Config.withDefault(
    Config.literal("keep", "archive", "delete")("WORKER_HANDLED_ROWS"),
    "keep" as const
  ),
  keepHandledFor: Config.withDefault(Config.duration("WORKER_KEEP_HANDLED_FOR"), Retention.defaultKeepFor),
  pollInterval: Config.duration("WORKER_POLL_INTERVAL").pipe(
    // Without a pause it would do nothing but look; with a long one 3-D Secure requests would run out.
    Config.validate({
      message: "has to be between 10 millis and 10 seconds",
      validation: (interval: Duration.Duration) =>
        Duration.between(interval, { minimum: Duration.millis(10), maximum: Duration.seconds(10) })
    }),
    Config.withDefault(Duration.millis(500))
  )
})

export type WorkerSettings = Config.Config.Success<typeof settings>
