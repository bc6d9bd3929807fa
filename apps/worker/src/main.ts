/** The worker: takes kept notifications to their handlers, keeps the read model, answers 3-D Secure. */

import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Program from "@effect-yunmo/node/Program"
import * as Settings from "@effect-yunmo/node/Settings"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Dispatcher from "@effect-yunmo/processing/Dispatcher"
import * as Effects from "@effect-yunmo/processing/Effects"
import * as Findings from "@effect-yunmo/processing/Findings"
import * as Handlers from "@effect-yunmo/processing/Handlers"
import * as ReadModel from "@effect-yunmo/processing/ReadModel"
import * as SqlCardJournal from "@effect-yunmo/processing/SqlCardJournal"
import * as SqlOrderJournal from "@effect-yunmo/processing/SqlOrderJournal"
import * as ThreeDsDesk from "@effect-yunmo/processing/ThreeDsDesk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { settings, type WorkerSettings } from "./WorkerSettings.js"

const app = "worker"

/** Nobody decides by default: that has to be said, since such requests run out. */
const announced = (config: WorkerSettings) =>
  Effect.zipRight(
    Effect.when(
      Effect.logWarning(
        "3-D Secure requests wait for a decision (WORKER_THREE_DS_POLICY is ask): a program of yours has to call ThreeDsDesk.decide, or they run out."
      ),
      () => config.threeDsPolicy === "ask"
    ),
    Program.started(app, `worker takes notifications from ${config.database}`)
  )

const worker = (config: WorkerSettings) =>
  Layer.effectDiscard(announced(config)).pipe(
    Layer.provideMerge(Dispatcher.layerRunning({ pollInterval: config.pollInterval })),
    Layer.provide(Handlers.layer),
    Layer.provide(ThreeDsDesk.layer({ policy: config.threeDsPolicy })),
    Layer.provide(Layer.merge(ReadModel.layer, Effects.layer)),
    Layer.provide(Layer.merge(Inbox.layer, Findings.layer)),
    Layer.provide(Yunmo.layer(config)),
    Layer.provide(Layer.mergeAll(SqlOrderJournal.layer, SqlCardJournal.layer, NodeHttpClient.layerUndici)),
    Layer.provide(Sqlite.layer({ filename: config.database })),
    Layer.provide(Settings.contractLayer(config.contractFile))
  )

Program.run(app, Layer.unwrapEffect(Effect.zipRight(Program.noArguments(app), Effect.map(settings, worker))))
