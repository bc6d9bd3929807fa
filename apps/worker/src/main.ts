/** The worker: takes kept notifications to their handlers, keeps the read model, answers 3-D Secure. */

import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Database from "@effect-yunmo/node/Database"
import * as DatabaseChoice from "@effect-yunmo/node/DatabaseChoice"
import * as Program from "@effect-yunmo/node/Program"
import * as Settings from "@effect-yunmo/node/Settings"
import * as UndiciClient from "@effect-yunmo/node/UndiciClient"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Retention from "@effect-yunmo/notifications/Retention"
import * as Dispatcher from "@effect-yunmo/processing/Dispatcher"
import * as Effects from "@effect-yunmo/processing/Effects"
import * as Findings from "@effect-yunmo/processing/Findings"
import * as Handlers from "@effect-yunmo/processing/Handlers"
import * as ReadModel from "@effect-yunmo/processing/ReadModel"
import * as SqlCardJournal from "@effect-yunmo/processing/SqlCardJournal"
import * as SqlOrderJournal from "@effect-yunmo/processing/SqlOrderJournal"
import * as SqlTokenStore from "@effect-yunmo/processing/SqlTokenStore"
import * as ThreeDsDesk from "@effect-yunmo/processing/ThreeDsDesk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { settings, type WorkerSettings } from "./WorkerSettings.js"

const app = "worker"

/** Nobody decides by default: that has to be said, since such requests run out. */
const announced = (config: WorkerSettings) =>
  Effect.all(
    [
      Effect.when(
        Effect.logWarning(
          "3-D Secure requests wait for a decision (WORKER_THREE_DS_POLICY is ask): a program of yours has to call ThreeDsDesk.decide, or they run out."
        ),
        () => config.threeDsPolicy === "ask"
      ),
      Effect.when(
        Effect.logInfo(
          "This worker logs in for itself: without YUNMO_AT_REST_KEYS no token is kept in the database for others."
        ),
        () => Option.isNone(config.tokenKey)
      ),
      Program.started(app, `worker takes notifications from ${DatabaseChoice.show(config.database)}`)
    ],
    { discard: true }
  )

/** The workers of the merchant share a token, once there is a key under which the database may hold it. */
const tokens = Option.match({
  onNone: () => Layer.empty,
  onSome: (key: Redacted.Redacted) => SqlTokenStore.layer({ key })
})

/** Here and not in the webhook: whoever receives is not to wait for it. */
const retention = ({ handledRows, keepHandledFor }: WorkerSettings) =>
  handledRows === "keep" ? Layer.empty : Retention.layer({ action: handledRows, keepFor: keepHandledFor })

const worker = (config: WorkerSettings) =>
  Layer.effectDiscard(announced(config)).pipe(
    Layer.provideMerge(Dispatcher.layerRunning({ pollInterval: config.pollInterval })),
    Layer.merge(retention(config)),
    Layer.provide(Handlers.layer),
    Layer.provide(ThreeDsDesk.layer({ policy: config.threeDsPolicy })),
    Layer.provide(Layer.merge(ReadModel.layer, Effects.layer)),
    Layer.provide(Layer.merge(Inbox.layer, Findings.layer)),
    Layer.provide(Layer.provide(Yunmo.layer(config), tokens(config.tokenKey))),
    Layer.provide(Layer.mergeAll(SqlOrderJournal.layer, SqlCardJournal.layer, UndiciClient.layer)),
    Layer.provide(Settings.atRestLayer(config.atRestKeys)),
    Layer.provide(Database.layer(config.database, { postgres: { applicationName: app } })),
    Layer.provide(Settings.contractLayer(config.contractFile))
  )

Program.run(app, Layer.unwrapEffect(Effect.zipRight(Program.noArguments(app), Effect.map(settings, worker))))
