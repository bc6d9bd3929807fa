/**
 * No secret shows in any error: each code that the vendor has while its message repeats everything, each way in which a
 * call can end without an answer, defects too, and the calls that are no operation. Last, that the search finds what leaks.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as CardJournal from "../src/CardJournal.js"
import * as OrderJournal from "../src/OrderJournal.js"
import { Yunmo } from "../src/Yunmo.js"
import {
  apiKey,
  canary,
  everything,
  mark,
  measured,
  options,
  planted,
  secretKey,
  silent,
  token,
  watch,
  watched
} from "./support/canary.js"
import { pause, until, withClient } from "./support/client.js"
import * as Id from "./support/ids.js"
import type { Call } from "./support/operations.js"
import { logged, prints, traced } from "./support/shows.js"
import { code, never, ok, type Received, type Reply, reset, vendor } from "./support/vendor.js"

const logsIn = ok({ token })

/** Answers everything like this; a login only when that is what is called, and the list that a creation is compared with. */
const answering = (name: string, reply: (received: Received) => Reply) =>
  vendor({
    login: (received) => (name === "login" ? reply(received) : logsIn),
    ...(name === "createVirtualCard" ? { listCustomerCards: ok([]) } : {}),
    anything: (received) => reply(received)
  })

const through = (url: string, more: Parameters<typeof withClient>[1] = {}) =>
  withClient(url, { ...options, ...more })

const tagOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (value) => String(Object(value)._tag),
    onFailure: (cause) => (cause._tag === "Fail" ? String(Object(cause.error)._tag) : cause._tag)
  })

const codes = [
  ...ResponseCode.rows.map((row) => [row.code, row.name] as const),
  ["5550123", "UnknownResponseCode"] as const
]

describe("no secret shows when the vendor's message repeats everything", () => {
  it.scopedLive.each(codes)("under %s (%s), in any of the 25 operations", ([value, tag]) =>
    Effect.gen(function* () {
      for (const { name, safety } of Operation.all) {
        const server = yield* answering(name, (received) => code(value, everything(received)))
        const { exit } = yield* watched(name).pipe(through(server.url))
        const refused = ResponseCode.rows.some((row) => row.code === value && row.refused)
        const expected =
          refused || safety === "read" || safety === "idempotent"
            ? tag
            : safety === "keyed"
              ? "OutcomeUnknown"
              : "Unknown"
        assert.strictEqual(tagOf(exit), expected, name)
      }
    })
  )
})

/** Calls that are no operation of the table, or more than one. */
const others: Readonly<Record<string, Call>> = {
  settleOrder: (yunmo) =>
    Effect.zipRight(planted.adjustBalance(yunmo), yunmo.cards.settleOrder(Id.merchantOrderNo("O-1"))),
  settleCreation: (yunmo) =>
    Effect.zipRight(planted.createVirtualCard(yunmo), yunmo.cards.settleCreation(Id.customerId)).pipe(
      Effect.catchTag("CreationRefused", () => Effect.void)
    ),
  "call of a path": (yunmo) => yunmo.call("/card/label", { cardId: "CD1", label: Redacted.make(token) }),
  "call that reads": (yunmo) =>
    yunmo.call("/card/label", { deep: [{ label: Redacted.make(token) }] }, { safety: "read" })
}

describe("no secret shows in a call that is no operation", () => {
  const replies: Readonly<Record<string, (received: Received) => Reply>> = {
    "a refusal": (received) => code("1000000", everything(received)),
    "an unknown outcome": (received) => code("-1", everything(received)),
    "a reset": () => reset,
    "a success": ({ operation }) =>
      operation === "createVirtualCard"
        ? reset
        : ok({ status: "SUCCESS", cardId: Id.cardId, pan: canary("pan") })
  }
  it.scopedLive.each(Object.entries(others))("%s", ([name, call]) =>
    Effect.gen(function* () {
      for (const [kind, reply] of Object.entries(replies)) {
        const first = new Set<string>()
        const server = yield* vendor({
          login: logsIn,
          listCustomerCards: (received, nth) => (nth === 0 ? ok([]) : code("1000000", everything(received))),
          anything: (received) => {
            const seen = first.has(received.operation)
            first.add(received.operation)
            return name.startsWith("settle") && !seen ? reset : reply(received)
          }
        })
        yield* watch(`${name}, ${kind}`, Effect.flatMap(Yunmo, call)).pipe(through(server.url))
      }
    })
  )
})

describe("no secret shows in any of the 25 operations", () => {
  const each = (run: (name: Operation.Name) => Effect.Effect<void, never, Scope.Scope>) =>
    Effect.forEach(Operation.all, ({ name }) => run(name), { discard: true })

  it.scopedLive("when the deadline ends it", () =>
    each((name) =>
      Effect.gen(function* () {
        const server = yield* answering(name, () => never)
        const policy = { ...options.policy, deadline: Duration.millis(60) }
        const { exit } = yield* watched(name, policy).pipe(through(server.url, { policy }))
        assert.include(["RequestTimedOut", "OutcomeUnknown", "Unknown"], tagOf(exit), name)
      })
    )
  )

  it.scopedLive("when it waits for its turn in vain", () =>
    each((name) =>
      Effect.gen(function* () {
        const server = yield* vendor({ login: logsIn, anything: never })
        yield* Effect.gen(function* () {
          const yunmo = yield* Yunmo
          const other = yield* Effect.fork(planted.submitKyc(yunmo))
          yield* until(
            Effect.sync(() => server.of("submitKyc").length > 0),
            "the place is taken"
          )
          const policy = { ...options.policy, concurrency: 1, deadline: Duration.millis(40) }
          const { exit } = yield* watched(name, policy)
          // The login and the decision wait for nobody.
          const expected =
            name === "login" ? "undefined" : name === "confirmThreeDs" ? "Unknown" : "LimitReached"
          assert.strictEqual(tagOf(exit), expected, name)
          yield* Fiber.interrupt(other)
        }).pipe(through(server.url))
      })
    )
  )

  it.scopedLive("when it is interrupted under way", () =>
    each((name) =>
      Effect.gen(function* () {
        const server = yield* answering(name, () => never)
        yield* Effect.gen(function* () {
          const fiber = yield* Effect.fork(watched(name))
          yield* until(
            Effect.sync(() => server.of(name).length > 0),
            "it is under way"
          )
          yield* pause(1)
          assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        }).pipe(through(server.url))
      })
    )
  )

  it.scopedLive("when it is interrupted, in what is left of it", () =>
    each((name) =>
      Effect.gen(function* () {
        const server = yield* answering(name, () => never)
        const cut = Effect.flatMap(Yunmo, planted[name]).pipe(
          Effect.raceFirst(
            Effect.zipRight(
              until(
                Effect.sync(() => server.of(name).length > 0),
                "it is under way"
              ),
              Effect.interrupt
            )
          )
        )
        const { exit } = yield* watch(name, cut).pipe(through(server.url))
        assert.isTrue(Exit.isInterrupted(exit), name)
      })
    )
  )

  /** What a client, or what is wrapped around it, may do with a request that it cannot send. */
  const broken: Readonly<Record<string, HttpClient.HttpClient>> = {
    "fails with the request": HttpClient.make((request) =>
      Effect.fail(
        new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: new Error(JSON.stringify(request.body), { cause: request }),
          description: `cannot send ${JSON.stringify(request.body)} with ${apiKey}`
        })
      )
    ),
    "dies of an error": HttpClient.make(() => Effect.dieMessage("a bug in it")),
    "dies of the request": HttpClient.make((request) => Effect.die(request)),
    "dies of an error that repeats the request": HttpClient.make((request) =>
      Effect.die(
        new TypeError(
          `cannot send ${request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""}`
        )
      )
    )
  }
  it.scopedLive.each(Object.entries(broken))("when the HTTP client %s", ([, http]) =>
    each((name) =>
      Effect.gen(function* () {
        const { exit } = yield* watched(name).pipe(
          through("http://127.0.0.1:9", { http: Layer.succeed(HttpClient.HttpClient, http) })
        )
        assert.isTrue(Exit.isFailure(exit), name)
      })
    )
  )

  it.scopedLive("when it sends, and the HTTP client dies of the request then", () =>
    each((name) =>
      Effect.gen(function* () {
        const http = HttpClient.make((request) =>
          request.url.endsWith("/auth/login") && name !== "login"
            ? Effect.succeed(
                HttpClientResponse.fromWeb(request, Response.json({ code: "200", data: { token } }))
              )
            : Effect.die(request)
        )
        yield* watched(name).pipe(
          through("http://127.0.0.1:9", { http: Layer.succeed(HttpClient.HttpClient, http) })
        )
      })
    )
  )

  it.scopedLive("when the journals die", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: logsIn, anything: ok({ pan: token }) })
      const dead = Effect.dieMessage("the database is gone")
      const journals = {
        journal: Layer.succeed(OrderJournal.OrderJournal, {
          begin: () => dead,
          record: () => dead,
          find: () => dead,
          unsettled: () => dead
        }),
        cardJournal: Layer.succeed(CardJournal.CardJournal, {
          begin: () => dead,
          record: () => dead,
          latest: () => dead,
          unsettled: () => dead
        })
      }
      for (const name of ["adjustBalance", "createVirtualCard"] as const) {
        const { exit } = yield* watched(name).pipe(through(server.url, journals))
        assert.strictEqual(tagOf(exit), "Die", name)
      }
    })
  )
})

describe("what leaks is found", () => {
  /** One leak for each thing that is looked through. */
  const leaks: Readonly<Record<string, Effect.Effect<unknown, unknown>>> = {
    "a line of a log": Effect.logInfo(`called with ${token}`),
    "a value in a log": Effect.logDebug({ deep: [{ secretKey }] }),
    "an annotation of a log": Effect.annotateLogs(Effect.logInfo("called"), "token", token),
    "a span of a log": Effect.withLogSpan(Effect.logInfo("called"), token),
    "the name of a span": Effect.withSpan(Effect.void, `POST ${token}`),
    "an attribute of a span": Effect.withSpan(Effect.void, "POST", { attributes: { body: { token } } }),
    "an annotation of a span": Effect.withSpan(Effect.annotateCurrentSpan("token", token), "POST"),
    "an event of a span": Effect.withSpan(
      Effect.flatMap(Effect.currentSpan, (span) =>
        Effect.sync(() => span.event("sent", 0n, { body: `{"token":"${token}"}` }))
      ),
      "POST"
    ),
    "an error's message": Effect.fail(new Error(`refused: ${token}`)),
    "an error's field": Effect.fail({ _tag: "Refused", request: { token } }),
    "an error's cause": Effect.fail(new Error("refused", { cause: new Error("of", { cause: { token } }) })),
    "a defect": Effect.die(new Map([["body", token]])),
    "a success": Effect.succeed({ token })
  }
  it.scopedLive.each(Object.entries(leaks))("in %s", ([, leak]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(watch("here", leak))
      assert.isTrue(Exit.isFailure(exit))
      assert.include(prints(exit), mark)
    })
  )

  it.scopedLive("and nothing else is", () =>
    Effect.gen(function* () {
      yield* watch("here", Effect.fail(new Error("refused", { cause: Redacted.make(token) })))
      yield* watch("here", Effect.succeed({ token: Redacted.make(token), at: Option.some(1) }))
    })
  )

  it.effect("in the label of a metric", () =>
    Effect.gen(function* () {
      yield* Metric.counter("yunmo_canary_total").pipe(Metric.tagged("token", "LEAK"), Metric.update(1))
      const shown = yield* measured
      assert.throws(() => silent("metrics", shown, ["LEAK"]))
      silent("metrics", shown)
    })
  )

  it.effect("by the collectors themselves", () =>
    Effect.gen(function* () {
      const lines = yield* logged
      const spans = yield* traced
      yield* leaks["a line of a log"]?.pipe(Effect.exit, lines.collect) ?? Effect.void
      yield* leaks["an event of a span"]?.pipe(Effect.exit, spans.collect) ?? Effect.void
      assert.throws(() => silent("logged", lines.all.join("\n")))
      assert.throws(() => silent("traced", spans.all.map(({ shown }) => shown).join("\n")))
    })
  )
})
