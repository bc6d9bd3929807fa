import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as Findings from "../src/Findings.js"
import type * as Handlers from "../src/Handlers.js"
import { ReadModel } from "../src/ReadModel.js"
import { ThreeDsDesk } from "../src/ThreeDsDesk.js"
import { query, tableNames } from "./database.js"
import { drain, eventually, fundedCard, merchantNo, notify, threeDs, trade, Way, world } from "./support.js"

const planted = {
  maskedPan: "411111CANARY1111",
  pan: "4556737586899855",
  unknownField: "CANARY-unknown-field",
  unknownEvent: "CANARY-unknown-event",
  broken: "CANARY-broken-message"
}

/** Everything that was logged or traced, as the usual renderings show it. */
const watched = () => {
  const seen: Array<string> = []
  const keep = (value: unknown) =>
    seen.push(typeof value === "string" ? value : inspect(value, { depth: 20 }))
  const logger = Logger.make((entry) => {
    keep(Logger.logfmtLogger.log(entry))
    keep(Logger.jsonLogger.log(entry))
    keep(entry.message)
    keep(Cause.pretty(entry.cause, { renderErrorCause: true }))
  })
  const tracer = Tracer.make({
    context: (f) => f(),
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      return {
        _tag: "Span",
        spanId: "span",
        traceId: "trace",
        sampled: true,
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        status: { _tag: "Started", startTime },
        attribute: (key, value) => {
          attributes.set(key, value)
          keep(`${name} ${key} ${inspect(value, { depth: 20 })}`)
        },
        event: (event, _time, more) => keep(`${name} ${event} ${inspect(more, { depth: 20 })}`),
        addLinks: () => {},
        end: (_time, exit) => {
          if (Exit.isFailure(exit)) {
            keep(Cause.pretty(exit.cause, { renderErrorCause: true }))
            keep(exit.cause)
          }
        }
      }
    }
  })
  return {
    seen,
    keep,
    layer: Layer.mergeAll(Logger.add(logger), Logger.minimumLogLevel(LogLevel.All), Layer.setTracer(tracer))
  }
}

/** Every cell of every table, but for the inbox's raw messages, which are what they are. */
const tables = Effect.gen(function* () {
  const dumps = yield* Effect.forEach(yield* tableNames, (name) =>
    Effect.map(query<Record<string, unknown>>(`SELECT * FROM ${name}`), (rows) =>
      rows.map(({ raw: _, ...row }) => `${name} ${inspect(row)}`)
    )
  )
  return dumps.flat()
})

const handlers = (ours: Handlers.HandlersService): Partial<Handlers.HandlersService> => ({
  trade: (notification, row) => {
    switch (notification.data.orderNo) {
      case "OR-defect":
        // What a user's own code does with the message, gone wrong.
        return Effect.sync(() =>
          JSON.parse(`${planted.pan} ${JSON.stringify(Redacted.value(notification.data.unknownFields))}`)
        )
      case "OR-die":
        return Effect.orDie(
          Schema.decodeUnknown(Schema.Number)(Redacted.value(notification.data.unknownFields)["pan"])
        )
      default:
        return ours.trade(notification, row)
    }
  }
})

describe("no secret of a notification, nor of the merchant, shows", () => {
  const { keep, layer, seen } = watched()
  it.live("in tables, findings, logs, spans or errors", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const desk = yield* ThreeDsDesk
      const { cardId, customerId } = yield* fundedCard("c-1")
      const more = { pan: planted.pan, somethingNew: planted.unknownField }

      yield* notify("KYC", { customerId, auditState: 1, ...more })
      yield* notify("KYC", { customerId, auditState: 2, ...more })
      yield* notify("KYC", { customerId: "AU9", auditState: 1, ...more })
      yield* notify("TRADE", trade({ cardId, ...more }))
      yield* notify("TRADE", trade({ cardId, amount: "75.00", ...more, again: planted.unknownField }))
      yield* notify("TRADE", trade({ cardId, orderNo: "OR-odd", subType: "NEW", status: "NEW", ...more }))
      yield* notify("TRADE", trade({ cardId, orderNo: "OR-defect", ...more }))
      yield* notify("TRADE", trade({ cardId: "CD9", orderNo: "OR-die", ...more }))
      yield* notify("TRADE", { cardId, amount: planted.broken, ...more })
      yield* notify("_3DS", threeDs({ authId: "TDS1", cardPan: planted.maskedPan, cardId, ...more }))
      yield* notify(
        "_3DS",
        threeDs({ authId: "TDS1", cardPan: `${planted.maskedPan}2`, txnAmount: "9", cardId })
      )
      yield* notify(
        "_3DS",
        threeDs({ authId: "TDS2", cardPan: planted.maskedPan, expireTimeStamp: "1000000005", cardId })
      )
      yield* notify("REWARDS", { text: planted.unknownEvent, ...more })
      yield* eventually(
        Effect.gen(function* () {
          yield* drain()
          yield* drain("threeDs")
          yield* desk.sweep
          const [left] = yield* query<{ n: number }>(
            "SELECT count(*) AS n FROM yunmo_inbox WHERE state = 'pending'"
          )
          return left?.n === 0
        })
      )
      const authId = Ids.AuthorizationId.make("TDS1")
      for (const decision of [desk.decide(authId, "approve", "ada"), desk.decide(authId, "approve", "ada")]) {
        const exit = yield* Effect.exit(decision)
        keep(exit)
        keep(Exit.isFailure(exit) ? Cause.pretty(exit.cause, { renderErrorCause: true }) : "")
      }
      const { open } = yield* Findings.Findings
      const found = yield* open(merchantNo)
      assert.includeMembers(
        found.map(({ kind }) => kind),
        ["stateDiffers", "contentDiffers", "meaningUnknown", "threeDsExpired"]
      )
      keep(found)
      const readModel = yield* ReadModel
      keep(yield* readModel.card(merchantNo, cardId))
      keep(yield* readModel.customer(merchantNo, customerId))
      keep(yield* readModel.transactions(merchantNo, cardId))
      keep(yield* desk.waiting)
      const dump = yield* tables
      assert.isAbove(dump.length, 20)
      seen.push(...dump)

      const tokens = new Set(
        way.bodies.map((body) => /"token":"([^"]+)"/.exec(body)?.[1]).filter((one) => one !== undefined)
      )
      assert.isAtLeast(tokens.size, 1)
      const secrets = [...Object.values(planted), "sandbox-api-key", "sandbox-secret-key", ...tokens]
      assert.isAbove(seen.length, 500)
      for (const secret of secrets) {
        assert.deepStrictEqual(
          seen.filter((text) => text?.includes(secret ?? "")),
          [],
          secret
        )
      }
      // That there was something to search: log lines, spans, tables.
      for (const expected of [
        "tried again in",
        "set aside: failed 2 times",
        "Dispatcher.handle",
        "sql.execute",
        "OR-odd"
      ]) {
        assert.isTrue(
          seen.some((text) => text?.includes(expected)),
          expected
        )
      }
      assert.isTrue(way.bodies.some((body) => body.includes("sandbox-api-key")))
    }).pipe(
      Effect.scoped,
      Effect.provide(world({ handlers, dispatcher: { maxAttempts: 2 } })),
      Effect.provide(layer)
    )
  )
})
