import { createServer, type Server } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Database from "@effect-yunmo/node/Database"
import * as DatabaseChoice from "@effect-yunmo/node/DatabaseChoice"
import * as Program from "@effect-yunmo/node/Program"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
import * as Receiver from "@effect-yunmo/notifications/Receiver"
import * as Findings from "@effect-yunmo/processing/Findings"
import * as ReadModel from "@effect-yunmo/processing/ReadModel"
import * as SqlCardJournal from "@effect-yunmo/processing/SqlCardJournal"
import * as SqlOrderJournal from "@effect-yunmo/processing/SqlOrderJournal"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import { Amount } from "@effect-yunmo/schema/Amount"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Child from "@effect-yunmo/test-support/Child"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import type {} from "@effect-yunmo/test-support/postgresSetup"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { inject } from "vitest"

const merchant = Sandbox.development.merchants[0]
export const merchantNo = Ids.MerchantNo.make(merchant.merchantNo)
export const amount = (text: string) => Amount.unsafeFromText(text)

export const temporaryFolder = Folder.temporary

const listening = (server: Server) =>
  Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

declare module "vitest" {
  export interface ProvidedContext {
    database: "SQLite" | "PostgreSQL"
  }
}

const onPostgres = inject("database") === "PostgreSQL"

/** The vendor's address, the webhook's, and the database of the test, a path or a URL. */
export class Places extends Context.Tag("test/Places")<
  Places,
  { readonly vendor: string; readonly webhook: string; readonly place: string }
>() {}

/**
 * Between the worker and the vendor: counts what passes by path, and holds the answers of 3-D Secure confirmations back
 * while told to.
 */
export class Way extends Context.Tag("test/Way")<
  Way,
  { readonly calls: (path: string) => number; readonly hold: (held: boolean) => void; readonly url: string }
>() {}

export const paths = Contract.proposed.paths

const way = (vendor: string) =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    let holding = false
    const closing = new AbortController()
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const path = request.url ?? ""
        seen.push(path)
        fetch(`${vendor}${path}`, {
          method: "POST",
          body: Buffer.concat(chunks),
          headers: { "content-type": "application/json" },
          signal: closing.signal
        })
          .then(async (answer) => {
            const text = await answer.text()
            if (!(holding && path === paths.confirmThreeDs.path)) {
              response.writeHead(answer.status, { "content-type": "application/json" }).end(text)
            }
          })
          .catch(() => request.socket.destroy())
      })
    })
    const port = yield* Effect.acquireRelease(listening(server), () =>
      Effect.sync(() => {
        closing.abort()
        server.closeAllConnections()
        server.close()
      })
    )
    return {
      url: `http://127.0.0.1:${port}`,
      calls: (path: string) => seen.filter((one) => one === path).length,
      hold: (held: boolean) => {
        holding = held
      }
    }
  })

const webhook = Effect.gen(function* () {
  const listener = yield* NodeListener.make({ path: "/" })
  const server = createServer(listener)
  const port = yield* Effect.acquireRelease(listening(server), () =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
  )
  return `http://127.0.0.1:${port}/`
})

/** The vendor and a webhook in this process, on loopback; a database that the worker shares; the read model as seen from here. */
export const world = Layer.scoped(
  Places,
  Effect.gen(function* () {
    return { vendor: (yield* Way).url, webhook: yield* webhook, place: yield* Place }
  })
).pipe(
  Layer.provideMerge(
    Layer.unwrapEffect(
      Effect.map(Way, ({ url }) =>
        Yunmo.layer({
          merchantNo,
          apiKey: merchant.apiKey,
          secretKey: merchant.secretKey,
          baseUrl: url
        })
      )
    ).pipe(Layer.provide(NodeHttpClient.layerUndici))
  ),
  Layer.provideMerge(
    Receiver.layer({ merchantNos: [merchantNo] }).pipe(
      Layer.provide(Quarantine.layer()),
      Layer.provide(Verifier.layer),
      Layer.provide(KeyRing.layer({ signing: SigningKey.make("signing", merchant.secretKey) }))
    )
  ),
  Layer.provideMerge(
    Layer.mergeAll(Inbox.layer, ReadModel.layer, Findings.layer, SqlOrderJournal.layer, SqlCardJournal.layer)
  ),
  Layer.provideMerge(Layer.suspend(() => database)),
  Layer.provideMerge(Layer.suspend(() => placeLayer)),
  Layer.provideMerge(
    Layer.scoped(Way, Effect.flatMap(HttpServer.addressFormattedWith(Effect.succeed), way)).pipe(
      Layer.provideMerge(SandboxServer.layer),
      Layer.provideMerge(
        Sandbox.layerTest({ rules: { settleAfterSeconds: 0 }, resend: ["50 millis"] }).pipe(
          Layer.provide(NodeHttpClient.layerUndici)
        )
      ),
      Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
    )
  ),
  Layer.provideMerge(Logger.remove(Logger.defaultLogger))
)

class Place extends Context.Tag("test/Place")<Place, string>() {}

const placeLayer = Layer.scoped(
  Place,
  Effect.suspend(() =>
    onPostgres
      ? Postgres.freshDatabase(inject("postgresUrl"))
      : Effect.map(temporaryFolder, (folder) => join(folder, "yunmo.db"))
  )
)

const database = Layer.unwrapEffect(
  Effect.map(Place, (place) => Database.layer(Either.getOrThrow(DatabaseChoice.fromText(place))))
)

/** The settings of a worker in this world. */
export const environment = (overrides: Record<string, string> = {}) =>
  Effect.map(
    Places,
    ({ place, vendor }): Record<string, string> => ({
      YUNMO_MERCHANT_NO: merchantNo,
      YUNMO_API_KEY: Redacted.value(merchant.apiKey),
      YUNMO_SECRET_KEY: Redacted.value(merchant.secretKey),
      YUNMO_BASE_URL: vendor,
      YUNMO_DATABASE: place,
      WORKER_POLL_INTERVAL: "20 millis",
      ...overrides
    })
  )

const entry = fileURLToPath(new URL("../dist/main.js", import.meta.url))

/** The app as a real process; ended with the scope, whatever happens. */
export const start = (env: Record<string, string>) => Child.start({ entry, env })

/** Looks again until it holds. */
export const eventually = <A, E, R>(
  look: Effect.Effect<A | undefined | false, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (found) =>
    found === undefined || found === false
      ? Effect.zipRight(Effect.sleep("10 millis"), eventually(look))
      : Effect.succeed(found)
  ).pipe(
    Effect.timeoutFail({ duration: "45 seconds", onTimeout: () => new Error("it does not come to be") }),
    Effect.orDie
  )

/** A worker that has said that it is at work. */
export const working = (env: Record<string, string>) =>
  Effect.tap(start(env), (child) =>
    Child.announced(child, (line) =>
      Option.filter(Program.readAnnouncement(line), ({ event }) => event === "started")
    )
  )

/** The type of `bigint` columns, and of counts. */
const int8 = 20

interface PgResult {
  readonly rows: ReadonlyArray<Record<string, unknown>>
  readonly fields: ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>
}

const withNumbers = ({ fields, rows }: PgResult) => {
  const whole = fields.filter(({ dataTypeID }) => dataTypeID === int8).map(({ name }) => name)
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(whole.map((name) => [name, Number(row[name])]))
  }))
}

/** Whole numbers come as numbers from both databases. */
export const query = <A extends object>(statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    onPostgres
      ? Effect.map(
          sql.unsafe<A>(statement).raw,
          (result) => withNumbers(result as PgResult) as unknown as ReadonlyArray<A>
        )
      : sql.unsafe<A>(statement)
  )

/** An active card with money on it, and the vendor knowing where the webhook is. */
export const fundedCard = (money: string) =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo.Yunmo
    const sandbox = yield* Sandbox.Sandbox
    yield* sandbox.setCallback({ url: (yield* Places).webhook })
    const { customerId } = yield* yunmo.customers.create({ customerCode: Ids.CustomerCode.make("c-1") })
    yield* yunmo.kyc.submit({
      customerId,
      firstName: "Ada",
      lastName: "Lovelace",
      birthday: "1990-12-10",
      nationality: "PH",
      idType: "PASSPORT",
      idNumber: Redacted.make("P0000001"),
      idFrontPhoto: Redacted.make("/9j/4AAQSkZJRg==")
    })
    yield* sandbox.reviewKyc({ customerId, result: "passed" })
    const created = yield* yunmo.cards.createVirtual({
      customerId,
      cardSampleId: Ids.CardSampleId.make("CS0001")
    })
    if (created._tag !== "Done") {
      return yield* Effect.dieMessage("the card was not created")
    }
    const { cardId } = created.value
    const merchantOrderNo = Ids.MerchantOrderNo.make("top-up")
    yield* yunmo.cards.adjustBalance({
      cardId,
      amount: amount(money),
      direction: "increase",
      merchantOrderNo
    })
    yield* eventually(
      Effect.map(yunmo.cards.settleOrder(merchantOrderNo), (outcome) => outcome._tag === "Done")
    )
    return { cardId, customerId }
  })
