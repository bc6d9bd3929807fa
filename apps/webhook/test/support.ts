import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inject } from "@effect/vitest"
import * as Database from "@effect-yunmo/node/Database"
import * as DatabaseChoice from "@effect-yunmo/node/DatabaseChoice"
import * as Program from "@effect-yunmo/node/Program"
import * as AtRest from "@effect-yunmo/notifications/AtRest"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Child from "@effect-yunmo/test-support/Child"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import type {} from "@effect-yunmo/test-support/postgresSetup"
import * as Wire from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

export const secret = "kR8sVq2LxT0pWz5N"
export const merchantNo = "BU078255558"
export const path = "/yunmo/notifications"

export const temporaryFolder = Folder.temporary

/** A key at rest, and what `YUNMO_AT_REST_KEYS` says of it. */
export const atRest = { id: "2026-11", key: "5a".repeat(32) }

/** Fresh databases of each kind: what `YUNMO_DATABASE` says. */
export const databases: ReadonlyArray<
  readonly [name: string, make: Effect.Effect<string, never, Scope.Scope>]
> = [
  ["SQLite", Effect.map(temporaryFolder, (folder) => join(folder, "yunmo.db"))],
  ["PostgreSQL", Effect.suspend(() => Postgres.freshDatabase(inject("postgresUrl")))]
]

/** The settings of a webhook on a free port. */
export const environment = (database: string): Record<string, string> => ({
  YUNMO_MERCHANT_NO: merchantNo,
  YUNMO_SECRET_KEY: secret,
  YUNMO_DATABASE: database,
  YUNMO_AT_REST_KEYS: `${atRest.id}:${atRest.key}`,
  WEBHOOK_PORT: "0"
})

const entry = fileURLToPath(new URL("../dist/main.js", import.meta.url))

/** The app as a real process; ended with the scope, whatever happens. */
export const start = (env: Record<string, string>) => Child.start({ entry, env })

/** The URL that the process announces, once it listens. */
export const listeningAt = (child: Child.Child) =>
  Child.announced(child, (line) =>
    Option.filter(Program.readAnnouncement(line), (announcement) => announcement.event === "listening")
  )

/** Where its operators reach it. */
export const adminAt = (child: Child.Child) =>
  Child.announced(child, (line) =>
    Option.fromNullable(/"event":"adminListening","url":"([^"]+)"/.exec(line)?.[1])
  )

/** A webhook at work: where the vendor reaches it, where its operators do. */
export const running = (env: Record<string, string>) =>
  Effect.gen(function* () {
    const child = yield* start(env)
    const { url } = yield* listeningAt(child)
    return { child, url, port: Number(new URL(url).port), admin: yield* adminAt(child) }
  })

/** A signed transaction notification, told apart from others by `n`. */
export const notification = (n: number, key = secret, merchant = merchantNo) =>
  Signer.signWith(SigningKey.make("signing", key), {
    envelope: { merchantNo: merchant, version: "v1.0", eventType: "TRADE", eventName: "trade" },
    data: { orderNo: `OR${n}`, cardId: "CDAU079126648V01", amount: "20.00", currency: "USD" }
  }).pipe(Effect.map(({ body }) => Redacted.value(body)))

export const post = (url: string, body: string, headers: Record<string, string> = {}, to = path) =>
  Effect.map(
    Wire.call(`${url}${to}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers }
    }),
    (answer) => ({ status: answer.status, body: answer.body, connection: answer.headers["connection"] })
  )

/** The inbox as another process sees it. */
export const rows = (database: string) =>
  Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list({ limit: 10_000 })).pipe(
    Effect.provide(
      Inbox.layer.pipe(
        Layer.provide(Database.layer(Either.getOrThrow(DatabaseChoice.fromText(database)))),
        Layer.provide(AtRest.layer({ keys: [{ id: atRest.id, key: Redacted.make(atRest.key) }] }))
      )
    )
  )

/** The value of a series on the page of metrics; 0 when it is not there. */
export const metric = (admin: string, series: string) =>
  Effect.map(Wire.call(`${admin}/metrics`), ({ body }) => {
    const line = body.split("\n").find((one) => one.startsWith(`${series} `))
    return line === undefined ? 0 : Number(line.slice(series.length + 1))
  })

/** Looks again until it holds. */
export const eventually = <E, R>(look: Effect.Effect<boolean, E, R>): Effect.Effect<void, never, R> =>
  look.pipe(
    Effect.orElseSucceed(() => false),
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutFail({ duration: "30 seconds", onTimeout: () => new Error("it does not come to be") }),
    Effect.orDie,
    Effect.asVoid
  )
