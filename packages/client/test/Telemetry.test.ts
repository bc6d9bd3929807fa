import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { until, withClient } from "./support/client.js"
import * as Exchanging from "./support/exchange.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { traced } from "./support/shows.js"
import { code, never, ok, reset, status, vendor } from "./support/vendor.js"

type Labels = Readonly<Record<string, string>>

/** What a metric stands at: the number, or how many observations. 0 when nothing was told yet. */
const read = (name: string, labels: Labels) =>
  Effect.map(Metric.snapshot, (pairs) => {
    const found = pairs.find(
      ({ metricKey }) =>
        metricKey.name === name &&
        metricKey.tags.length === Object.keys(labels).length &&
        metricKey.tags.every(({ key, value }) => labels[key] === value)
    )?.metricState
    return found === undefined
      ? 0
      : MetricState.isHistogramState(found)
        ? found.count
        : MetricState.isCounterState(found)
          ? Number(found.count)
          : MetricState.isGaugeState(found)
            ? Number(found.value)
            : -1
  })

/** By how much metrics grow while this runs. */
const grown = <A, E, R>(
  watched: ReadonlyArray<readonly [name: string, labels: Labels]>,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const all = Effect.forEach(watched, ([name, labels]) => read(name, labels))
    const before = yield* all
    yield* effect
    return (yield* all).map((now, index) => now - (before[index] ?? 0))
  })

const calling = (operation: string, outcome: string) =>
  ["yunmo_client_calls_total", { operation, outcome }] as const

const briefly = Policy.within({ retryBase: Duration.millis(1) })

describe("metrics", () => {
  it.scopedLive("count calls by outcome, their repeats, logins, and how long all of it took", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [status(503), reset, ok(true), code("4010006")] })
      const freeze = Effect.flatMap(Yunmo, calls.freezeCard)
      const growth = yield* grown(
        [
          calling("freezeCard", "Done"),
          calling("freezeCard", "CardNotFound"),
          ["yunmo_client_retries_total", { operation: "freezeCard" }],
          ["yunmo_client_logins_total", { outcome: "Done" }],
          ["yunmo_client_call_duration_seconds", { operation: "freezeCard" }],
          ["yunmo_client_attempt_duration_seconds", { operation: "freezeCard" }],
          ["yunmo_client_attempt_duration_seconds", { operation: "login" }],
          ["yunmo_client_unknown_outcomes_total", { operation: "freezeCard" }]
        ],
        Effect.zipRight(freeze, Effect.flip(freeze)).pipe(briefly, withClient(server.url))
      )
      assert.deepStrictEqual(growth, [1, 1, 2, 1, 2, 4, 1, 0])
    })
  )

  it.scopedLive("count what is unknown", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: reset, createCustomer: code("3000000") })
      const growth = yield* grown(
        [
          calling("adjustBalance", "Unknown"),
          ["yunmo_client_unknown_outcomes_total", { operation: "adjustBalance" }],
          calling("createCustomer", "Unknown"),
          ["yunmo_client_unknown_outcomes_total", { operation: "createCustomer" }]
        ],
        Effect.gen(function* () {
          yield* Effect.flatMap(Yunmo, calls.adjustBalance)
          yield* Effect.flip(Effect.flatMap(Yunmo, calls.createCustomer))
        }).pipe(withClient(server.url))
      )
      assert.deepStrictEqual(growth, [1, 1, 1, 1])
    })
  )

  it.scopedLive("count what was never sent, a login that failed, and what was given up", () =>
    Effect.gen(function* () {
      const shut = yield* vendor({ login: code("2000007") })
      const slow = yield* vendor({ createCustomer: never })
      const create = Effect.flatMap(Yunmo, calls.createCustomer)
      const growth = yield* grown(
        [
          calling("createCustomer", "IpAddressNotAllowed"),
          ["yunmo_client_logins_total", { outcome: "IpAddressNotAllowed" }],
          calling("createCustomer", "RequestInvalid"),
          calling("createCustomer", "Interrupted"),
          ["yunmo_client_call_duration_seconds", { operation: "createCustomer" }]
        ],
        Effect.gen(function* () {
          yield* Effect.flip(create).pipe(withClient(shut.url))
          yield* Effect.gen(function* () {
            const { customers } = yield* Yunmo
            yield* Effect.flip(
              customers.create({ customerCode: Id.customerCode("c-1"), email: "no address" })
            )
            yield* Effect.timeoutOption(create, "50 millis")
          }).pipe(withClient(slow.url))
        })
      )
      assert.deepStrictEqual(growth, [1, 1, 1, 1, 3])
    })
  )

  it.scopedLive.each([
    ["an HttpClient", NodeHttpClient.layerUndici],
    ["an exchange", Exchanging.layer]
  ] as const)("count attempts that had no answer, through %s", ([, http]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [status(503), never] })
      const freeze = Effect.flatMap(Yunmo, calls.freezeCard)
      const attempts = [
        ["yunmo_client_attempt_duration_seconds", { operation: "freezeCard" }],
        ["yunmo_client_retries_total", { operation: "freezeCard" }]
      ] as const
      const overdue = yield* grown(
        attempts,
        Effect.flip(freeze).pipe(
          Policy.within({ retryBase: Duration.millis(1), deadline: Duration.millis(300) }),
          withClient(server.url, { http })
        )
      )
      assert.deepStrictEqual(overdue, [2, 1])
      const interrupted = yield* grown(
        attempts,
        Effect.timeoutOption(freeze, "100 millis").pipe(withClient(server.url, { http }))
      )
      assert.deepStrictEqual(interrupted, [1, 0])
    })
  )

  it.scopedLive("show how many wait for a limit, and how long they waited", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: never })
      const waiting = ["yunmo_client_limit_waiting", { limit: "concurrency" }] as const
      const waited = ["yunmo_client_limit_wait_seconds", { limit: "concurrency" }] as const
      const before = yield* read(...waited)
      yield* Effect.gen(function* () {
        const freeze = Effect.flatMap(Yunmo, calls.freezeCard)
        const fibers = yield* Effect.replicateEffect(Effect.fork(freeze), 4)
        yield* until(
          Effect.map(read(...waiting), (now) => now === 3),
          "three wait"
        )
        yield* Fiber.interruptAll(fibers)
        assert.strictEqual(yield* read(...waiting), 0)
        assert.strictEqual((yield* read(...waited)) - before, 3)
      }).pipe(Policy.within({ concurrency: 1 }), withClient(server.url))
    })
  )

  it.scopedLive("give all paths of the user's own one name, since they may hold ids", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      yield* Effect.flatMap(Yunmo, (yunmo) =>
        Effect.all([yunmo.call("/card/CD1/label", {}), yunmo.call("/card/CD2/label", {})])
      ).pipe(withClient(server.url))
      const names = new Set(
        (yield* Metric.snapshot).flatMap(({ metricKey }) =>
          metricKey.tags.filter(({ key }) => key === "operation").map(({ value }) => value)
        )
      )
      assert.isTrue(names.has("call"))
      assert.isFalse([...names].some((name) => name.includes("/")))
    })
  )
})

describe("spans", () => {
  const spansOf = (script: Parameters<typeof vendor>[0], operation: keyof typeof calls) =>
    Effect.gen(function* () {
      const server = yield* vendor(script)
      const spans = yield* traced
      yield* Effect.exit(Effect.flatMap(Yunmo, calls[operation])).pipe(
        briefly,
        spans.collect,
        withClient(server.url)
      )
      const { hostname, port } = new URL(server.url)
      return {
        url: server.url,
        server: { "server.address": hostname, "server.port": Number(port) },
        spans: spans.all.map(({ attributes, kind, name }) => ({
          name,
          kind,
          attributes: Object.fromEntries(attributes)
        }))
      }
    })

  it.scopedLive("of attempts are those of an HTTP client", () =>
    Effect.gen(function* () {
      const { server, spans, url } = yield* spansOf(
        { freezeCard: [status(503), code("4010006")] },
        "freezeCard"
      )
      const attempt = {
        "http.request.method": "POST",
        "url.full": `${url}/card/freeze`,
        ...server,
        "yunmo.operation": "freezeCard"
      }
      assert.deepStrictEqual(spans.slice(1), [
        {
          name: "POST /card/freeze",
          kind: "client",
          attributes: {
            ...attempt,
            "yunmo.attempt": 1,
            "http.response.status_code": 503,
            "error.type": "503"
          }
        },
        {
          name: "POST /card/freeze",
          kind: "client",
          attributes: {
            ...attempt,
            "http.request.resend_count": 1,
            "yunmo.attempt": 2,
            "http.response.status_code": 200,
            "yunmo.code": "4010006",
            "error.type": "CardNotFound"
          }
        },
        {
          name: "Yunmo.freezeCard",
          kind: "internal",
          attributes: {
            "yunmo.operation": "freezeCard",
            "yunmo.section": "4.08",
            "yunmo.outcome": "CardNotFound",
            "error.type": "CardNotFound"
          }
        }
      ])
    })
  )

  it.scopedLive("of calls say what became of them", () =>
    Effect.gen(function* () {
      const outcomeOf = (script: Parameters<typeof vendor>[0]) =>
        Effect.map(
          spansOf(script, "adjustBalance"),
          ({ spans }) => spans.find(({ name }) => name === "Yunmo.adjustBalance")?.attributes ?? {}
        )
      const done = yield* outcomeOf({ adjustBalance: ok({ status: "SUCCESS" }) })
      hasFields(done, { "yunmo.outcome": "Done", "yunmo.section": "4.04", "error.type": undefined })
      const lost = yield* outcomeOf({ adjustBalance: reset })
      hasFields(lost, { "yunmo.outcome": "Unknown", "error.type": "Unknown" })
    })
  )

  it.scopedLive("of paths of the user's own have no path in their name", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      const spans = yield* traced
      yield* Effect.flatMap(Yunmo, (yunmo) => yunmo.call("/card/CD1/label", {})).pipe(
        spans.collect,
        withClient(server.url)
      )
      assert.deepStrictEqual(
        spans.all.slice(1).map(({ name }) => name),
        ["POST", "Yunmo.call"]
      )
      hasFields(Object.fromEntries(spans.all[1]?.attributes ?? []), {
        "url.full": `${server.url}/card/CD1/label`,
        "yunmo.operation": "/card/CD1/label"
      })
    })
  )
})
