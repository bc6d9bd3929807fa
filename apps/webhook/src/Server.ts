/** The two listeners: the one for the vendor, on what may be the open internet, and the one for the operators. */
import * as Admin from "@effect-yunmo/node/Admin"
import * as Program from "@effect-yunmo/node/Program"
import * as PublicServer from "@effect-yunmo/node/PublicServer"
import { Readiness } from "@effect-yunmo/node/Readiness"
import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "./Settings.js"

export const app = "webhook"

/**
 * A plain `node:http` server, since that and one fiber per request is several times as fast on this path as a framework. It
 * stops in order: not ready any more, no new connections, what is in flight is answered, then it closes.
 */
export const layer = (options: Settings["listener"], merchantPaths: Readonly<Record<string, string>>) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const { bodyTimeout, headersTimeout, healthPath, path } = options
      const readiness = yield* Readiness
      const listener = yield* NodeListener.make({
        path,
        merchantPaths,
        healthPath,
        bodyTimeout,
        drainTimeout: "2 seconds"
      })
      const url = yield* PublicServer.listen(listener, {
        ...options,
        settings: { host: "WEBHOOK_HOST", port: "WEBHOOK_PORT" },
        // Longer than the listener's own, which gives an answer.
        requestTimeout: Duration.sum(Duration.sum(headersTimeout, bodyTimeout), "2 seconds"),
        openPaths: [healthPath],
        drainTimeout: "5 seconds"
      })
      yield* Effect.addFinalizer(() =>
        Effect.logInfo(`${app} stops`).pipe(
          Effect.annotateLogs({ event: "stopping", app }),
          Effect.zipRight(readiness.drain)
        )
      )
      yield* Program.listening(app, url, `${app} takes notifications at ${url}${path}`)
    })
  )

export const adminLayer = ({ host, port, token }: Settings["admin"]) =>
  port === "off"
    ? Layer.empty
    : Admin.layer(app, {
        host,
        port,
        token,
        settings: { host: "WEBHOOK_ADMIN_HOST", port: "WEBHOOK_ADMIN_PORT" }
      })
