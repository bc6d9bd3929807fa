/**
 * The demo: sandbox, webhook and worker as three real processes on free loopback ports with a fresh SQLite file, and the
 * journey of one card through them.
 */
import { randomBytes } from "node:crypto"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Program from "@effect-yunmo/node/Program"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as UndiciClient from "@effect-yunmo/node/UndiciClient"
import * as AtRest from "@effect-yunmo/notifications/AtRest"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as ReadModel from "@effect-yunmo/processing/ReadModel"
import * as SqlCardJournal from "@effect-yunmo/processing/SqlCardJournal"
import * as SqlOrderJournal from "@effect-yunmo/processing/SqlOrderJournal"
import { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Children from "./Children.js"
import * as Control from "./Control.js"
import { journey, type Traveller } from "./Journey.js"
import * as Options from "./Options.js"
import * as Report from "./Report.js"

const built = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const secret = () => randomBytes(16).toString("hex")

const callbackPath = "/yunmo/notifications"

/** Everything of one run lies in one folder: database, logs, settings. */
const prepare = () => {
  const folder = mkdtempSync(join(tmpdir(), "yunmo-demo-"))
  const merchant = {
    YUNMO_MERCHANT_NO: "BU000000001",
    YUNMO_API_KEY: secret(),
    YUNMO_SECRET_KEY: secret()
  }
  return {
    folder,
    database: join(folder, "yunmo.sqlite"),
    merchant,
    control: secret(),
    /** Encrypts the notifications in the database: the webhook and the worker have it, and so has whoever looks in. */
    atRest: { id: "demo", key: randomBytes(32).toString("hex") },
    log: (app: string) => join(folder, `${app}.log`)
  }
}

type Run = ReturnType<typeof prepare>

const startAll = (run: Run, seed: string) =>
  Effect.gen(function* () {
    const { atRest, control, database, log, merchant } = run
    const storage = { YUNMO_DATABASE: database, YUNMO_AT_REST_KEYS: `${atRest.id}:${atRest.key}` }
    const sandbox = yield* Children.start({
      app: "sandbox",
      entry: built("packages/cli/dist/bin.js"),
      args: ["sandbox", "--port", "0", "--seed", seed],
      env: { ...merchant, SANDBOX_CONTROL_TOKEN: control },
      log: log("sandbox")
    })
    const webhookSettings = {
      YUNMO_MERCHANT_NO: merchant.YUNMO_MERCHANT_NO,
      YUNMO_SECRET_KEY: merchant.YUNMO_SECRET_KEY,
      ...storage,
      // The webhook that is started again by hand must not meet the port of another program.
      WEBHOOK_ADMIN_PORT: "0",
      WEBHOOK_PATH: callbackPath
    }
    const webhook = yield* Children.start({
      app: "webhook",
      entry: built("apps/webhook/dist/main.js"),
      env: { ...webhookSettings, WEBHOOK_PORT: "0" },
      log: log("webhook")
    })
    const worker = yield* Children.start({
      app: "worker",
      entry: built("apps/worker/dist/main.js"),
      env: {
        ...merchant,
        YUNMO_BASE_URL: sandbox.url,
        ...storage,
        WORKER_THREE_DS_POLICY: "approve",
        WORKER_POLL_INTERVAL: "100 millis"
      },
      log: log("worker")
    })
    return { sandbox, webhook, worker, webhookSettings }
  })

type Running = Effect.Effect.Success<ReturnType<typeof startAll>>

const countNotifications = Effect.gen(function* () {
  const control = yield* Control.Control
  const inbox = yield* Inbox.Inbox
  const deliveries = yield* control.views.deliveries({ urlParams: {} })
  const rows = yield* inbox.list({ state: "handled", limit: 1000 })
  return ["KYC", "_3DS", "TRADE"].map((eventType): Report.NotificationCount => {
    const own = deliveries.filter((delivery) => delivery.eventType === eventType)
    return {
      eventType,
      sent: own.length,
      acknowledged: own.filter((delivery) => delivery.status === "acknowledged").length,
      handled: rows.filter((row) => row.eventType === eventType).length
    }
  })
})

/** The last answer to the vendor may still be under way when its effect is seen here. */
const settledCounts = Effect.repeat(countNotifications, {
  until: (counts) =>
    counts.every(({ acknowledged, handled, sent }) => acknowledged === sent && handled === sent),
  schedule: Schedule.passthrough(
    Schedule.intersect(
      Schedule.identity<ReadonlyArray<Report.NotificationCount>>(),
      Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(50))
    )
  )
})

const travel = (seed: string, callback: string) =>
  Effect.gen(function* () {
    const control = yield* Control.Control
    yield* control.triggers.setCallback({ payload: { url: callback } })
    const traveller = yield* journey(seed)
    const notifications = yield* settledCounts
    return { traveller, notifications }
  })

const services = (run: Run, running: Running) => {
  const { atRest, control, database, merchant } = run
  return Layer.mergeAll(
    Yunmo.layer({
      merchantNo: MerchantNo.make(merchant.YUNMO_MERCHANT_NO),
      apiKey: Redacted.make(merchant.YUNMO_API_KEY),
      secretKey: Redacted.make(merchant.YUNMO_SECRET_KEY),
      baseUrl: running.sandbox.url
    }).pipe(Layer.provide([SqlOrderJournal.layer, SqlCardJournal.layer])),
    Inbox.layer.pipe(
      Layer.provide(AtRest.layer({ keys: [{ id: atRest.id, key: Redacted.make(atRest.key) }] }))
    ),
    ReadModel.layer,
    Control.layer({ url: running.sandbox.url, credential: Redacted.make(control) })
  ).pipe(Layer.provide(Layer.merge(UndiciClient.layer, Sqlite.layer({ filename: database }))))
}

const quote = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("")

/** How to reach what runs on, and how to see a notification survive the death of the webhook. */
const reach = (run: Run, running: Running, { cardId }: Traveller) => {
  const { sandbox, webhook, worker, webhookSettings } = running
  const envFile = join(run.folder, "webhook.env")
  const tokenFile = join(run.folder, "control-token")
  writeFileSync(envFile, quote({ ...webhookSettings, WEBHOOK_PORT: new URL(webhook.url).port }), {
    mode: 0o600
  })
  writeFileSync(tokenFile, run.control, { mode: 0o600 })
  return `
Running on until Ctrl-C:
  sandbox  ${sandbox.url}  pid ${sandbox.pid}
  webhook  ${webhook.url}${callbackPath}  pid ${webhook.pid}
  worker   pid ${worker.pid}
  logs     ${run.folder}

Kill the webhook, let a notification be sent, start it again, and see it arrive and be handled once:
  kill -9 ${webhook.pid}
  curl -sX POST ${sandbox.url}/_sandbox/three-ds-requests -H "authorization: Bearer $(cat ${tokenFile})" \\
    -H 'content-type: application/json' -d '{"cardId":"${cardId}","amount":"5.00","currency":"USD"}'
  npx -y pnpm@10.34.9 webhook --env-file ${envFile}
  curl -s ${sandbox.url}/_sandbox/deliveries -H "authorization: Bearer $(cat ${tokenFile})"
  grep handled ${run.log("worker")}
`
}

const demo = (options: Options.Options) =>
  Effect.gen(function* () {
    const { say, steps } = yield* Report.Report
    const run = prepare()
    yield* say(`One card from login to settlement (seed ${options.seed}). Logs: ${run.folder}\n`)
    const outcome = yield* Effect.gen(function* () {
      const running = yield* startAll(run, options.seed)
      const { sandbox, webhook, worker } = running
      const anyEnded = sandbox.ended.pipe(Effect.raceFirst(webhook.ended), Effect.raceFirst(worker.ended))
      const { notifications, traveller } = yield* travel(options.seed, `${webhook.url}${callbackPath}`).pipe(
        Effect.provide(services(run, running)),
        Effect.raceFirst(anyEnded),
        // A call can fail a moment before the death of its process is known, which says more.
        Effect.catchAll((error) => Effect.raceFirst(anyEnded, Effect.delay(Effect.fail(error), "1 second")))
      )
      const done = yield* steps
      const unhandled = notifications.filter(
        ({ acknowledged, handled, sent }) => acknowledged < sent || handled < sent
      )
      yield* say(
        `\n${Report.operationsTable(done)}\n\n${Report.notificationsTable(notifications)}\n\nDatabase: ${run.database}`
      )
      if (unhandled.length > 0) {
        return yield* new Report.StepFailed({
          what: "Delivery",
          reason: `not every ${unhandled.map(({ eventType }) => eventType).join(" and ")} notification was answered OK and handled; the logs are in ${run.folder}`
        })
      }
      if (options.json) {
        yield* Console.log(
          JSON.stringify({ ok: true, steps: done, notifications, database: run.database }, null, 2)
        )
      }
      if (options.keep) {
        const how = reach(run, running, traveller)
        yield* options.json ? Console.error(how) : say(how)
        yield* Effect.never
      }
    }).pipe(Effect.scoped, Effect.exit)
    if (Exit.isFailure(outcome) && !Cause.isInterruptedOnly(outcome.cause)) {
      const complaint = Program.describe("demo", outcome.cause)
      const done = yield* steps
      if (options.json) {
        yield* Console.log(
          JSON.stringify(
            { ok: false, error: complaint.trim(), steps: done, notifications: [], database: run.database },
            null,
            2
          )
        )
      }
      yield* Console.error(`\n${complaint.trim()}\nThe logs are in ${run.folder}.`)
      return yield* Effect.fail("failed" as const)
    }
    return yield* outcome
  }).pipe(Effect.provide(Report.layer({ quiet: options.json })))

const main = Effect.gen(function* () {
  const options = yield* Effect.tapError(Options.read(process.argv.slice(2)), (error) =>
    Console.error(error.message)
  )
  return options.help ? yield* Console.log(Options.usage) : yield* demo(options)
})

// Ctrl-C may arrive twice, from the terminal and from what started this; the second must not leave children behind.
process.on("SIGINT", constVoid).on("SIGTERM", constVoid)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  // A demo that was stopped half-way has not succeeded; one that was kept has.
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : Cause.isInterruptedOnly(exit.cause) ? 130 : 1)
})
