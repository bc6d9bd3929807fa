import { createServer } from "node:http"
import { connect } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  announcements,
  commands,
  customer,
  listening,
  merchant,
  receiver,
  sandbox,
  start
} from "./running.js"
import { file, folder } from "./support.js"

const get = (url: string, credential?: string) =>
  Effect.promise(async () => {
    const response = await fetch(
      url,
      credential === undefined ? {} : { headers: { authorization: `Bearer ${credential}` } }
    )
    return { status: response.status, text: await response.text() }
  })

/** Milliseconds, for tests that start several processes, on a machine that has other things to do. */
const several = 60_000

describe("yunmo sandbox", () => {
  it.scopedLive("listens on a free port, says so in one line of JSON, and what it is", () =>
    Effect.gen(function* () {
      const run = yield* start(["sandbox", "--port", "0", "--callback", "http://localhost:9/hook"])
      const { app, pid, url } = yield* listening(run)
      assert.deepStrictEqual([app, pid], ["sandbox", run.child.pid])
      assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      assert.strictEqual(announcements(run).length, 1)
      for (const line of run.lines) {
        assert.isObject(JSON.parse(line))
      }
      const said = run.lines.join("\n")
      assert.include(said, "not YUNMO")
      assert.include(said, "Its state is in memory and ends with it")
      assert.include(
        said,
        `Control routes under ${url}/_sandbox, described at ${url}/_sandbox/docs; status page ${url}/_sandbox/.`
      )
      assert.include(said, "the merchant BU000000001")
      assert.include(said, String.raw`YUNMO_SECRET_KEY is not set: it is \"sandbox-secret-key\"`)
      assert.strictEqual(run.stderr(), "")

      assert.strictEqual((yield* get(`${url}/_sandbox/health`)).status, 200)
      assert.strictEqual((yield* get(`${url}/_sandbox/state`, "wrong")).status, 401)
      const state = yield* get(`${url}/_sandbox/state`, "sandbox-control")
      assert.include(state.text, `"callbackUrl":"http://localhost:9/hook"`)
      for (const page of ["/_sandbox/", "/_sandbox/docs"]) {
        assert.strictEqual((yield* get(`${url}${page}`)).status, 200)
      }
      assert.strictEqual((yield* get(`${url}/`)).status, 404)
    })
  )

  it.scopedLive("takes its settings from the environment, and shows no secret of them", () =>
    Effect.gen(function* () {
      const run = yield* start(["sandbox", "--port", "0", "--seed", "monday"], {
        YUNMO_MERCHANT_NO: "BU078255558",
        YUNMO_API_KEY: "CANARY-api",
        YUNMO_SECRET_KEY: "CANARY-secret",
        SANDBOX_CONTROL_TOKEN: "CANARY-control"
      })
      const { url } = yield* listening(run)
      const state = yield* get(`${url}/_sandbox/state`, "CANARY-control")
      assert.deepStrictEqual([state.status, state.text.includes("BU078255558")], [200, true])
      assert.strictEqual((yield* get(`${url}/_sandbox/state`, "sandbox-control")).status, 401)
      run.child.kill("SIGTERM")
      yield* Effect.promise(() => run.ended)
      const said = run.lines.join("\n") + run.stderr()
      assert.include(said, "YUNMO_SECRET_KEY is taken from the environment.")
      assert.notInclude(said, "CANARY")
    })
  )

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.scopedLive(`stops cleanly on ${signal}, though a client keeps a request open`, () =>
      Effect.gen(function* () {
        const run = yield* start(["sandbox", "--port", "0"])
        const { url } = yield* listening(run)
        const socket = connect(Number(new URL(url).port), "127.0.0.1")
        socket.on("error", () => undefined)
        socket.write(
          "POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
        )
        yield* Effect.sleep("50 millis")
        run.child.kill(signal)
        assert.strictEqual(yield* Effect.promise(() => run.ended), 0)
        assert.strictEqual(run.stderr(), "")
        socket.destroy()
      })
    )
  }

  it.scopedLive("says which port is taken and how to change it", () =>
    Effect.gen(function* () {
      const other = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer()
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = other.address()
      assert(typeof address === "object" && address !== null)
      const run = yield* start(["sandbox", "--port", String(address.port)])
      assert.strictEqual(yield* Effect.promise(() => run.ended), 1)
      assert.strictEqual(
        run.stderr(),
        `yunmo: Another program listens on 127.0.0.1:${address.port} already; stop it, or change the port with --port (0 takes a free one).\n`
      )
    })
  )

  type Wrong = readonly [string, ReadonlyArray<string>, Readonly<Record<string, string>>, string]
  const askedWrongly: ReadonlyArray<Wrong> = [
    ["an unknown command", ["sandcastle"], {}, "Invalid subcommand"],
    ["a port that is none", ["sandbox", "--port", "99999"], {}, "from 0 to 65535"],
    ["a duration that is none", ["sandbox", "--settle-after", "soon"], {}, `or "250 millis"`],
    ["a review that is never", ["sandbox", "--kyc-review-after", "Infinity"], {}, "--kyc-review-after"],
    ["waits that are none", ["sandbox", "--resend", "1 second, later"], {}, `"1 second, 5 seconds" say`],
    [
      "a time without a zone",
      ["sandbox", "--clock", "2026-03-01T09:30:00"],
      {},
      "--clock expects an instant"
    ],
    ["an unknown rule", ["sandbox", "--rule", "magic=off", "--rule", "magick=off"], {}, "no rule magick;"],
    ["a rule of another kind", ["sandbox", "--rule=version=1"], {}, "version takes exact, anyCase or any"],
    [
      "a rule that is given in two ways",
      ["sandbox", "--rule", "settleAfterSeconds=1", "--settle-after", "2 seconds"],
      {},
      "settleAfterSeconds and --settle-after say the same"
    ],
    ["a plan of faults that is not there", ["sandbox", "--faults", "/nowhere.json"], {}, "/nowhere.json"],
    ["a word that belongs to no option", ["sandbox", "--port", "0", "0"], {}, "one stands alone"],
    ["a port that is no number", ["sandbox", "--port", "abc"], {}, "--port expects a number from 0 to 65535"],
    [
      "an option that there is not",
      ["sandbox", "--prot", "0"],
      {},
      "no option --prot; see yunmo sandbox --help"
    ],
    ["an option without its value", ["sandbox", "--port"], {}, "--port wants a value"],
    ["an option that is given twice", ["sandbox", "--port", "0", "--port=1"], {}, "--port is given twice"],
    [
      "a time below zero",
      ["sandbox", "--settle-after", "-5 seconds"],
      {},
      "--settle-after expects a duration"
    ],
    ["a review before its time", ["sandbox", "--kyc-review-after=-1 minute"], {}, "--kyc-review-after"],
    ["waits below zero", ["sandbox", "--resend", "1 second, -2 seconds"], {}, "--resend expects"],
    [
      "a rule below zero",
      ["sandbox", "--rule", "settleAfterSeconds=-5 seconds"],
      {},
      "settleAfterSeconds takes"
    ],
    [
      "a day that there is not",
      ["sandbox", "--clock", "2026-02-30T09:30:00Z"],
      {},
      "--clock expects an instant"
    ]
  ]
  const wrong: ReadonlyArray<Wrong> = [
    [
      "a database that cannot be",
      ["sandbox", "--port", "0", "--database", "/nowhere/sandbox.db"],
      {},
      "/nowhere/sandbox.db (--database) cannot be opened"
    ],
    [
      "open control routes without a control token",
      ["sandbox", "--port", "0", "--allow-remote-control"],
      {},
      "SANDBOX_CONTROL_TOKEN"
    ],
    [
      "a callback elsewhere",
      ["sandbox", "--callback", "https://example.com/"],
      {},
      "--allow-remote-callbacks"
    ],
    [
      "an address elsewhere",
      ["sandbox", "--host", "192.0.2.1", "--port", "0"],
      { SANDBOX_CONTROL_TOKEN: "x" },
      "--host"
    ],
    [
      "an open address without a control token",
      ["sandbox", "--host", "0.0.0.0", "--port", "0"],
      {},
      "SANDBOX_CONTROL_TOKEN"
    ],
    ["a secret with blanks", ["sandbox"], { YUNMO_SECRET_KEY: " CANARY" }, "YUNMO_SECRET_KEY"],
    [
      "a contract file that is not there",
      ["sandbox", "--port", "0"],
      { YUNMO_CONTRACT_FILE: "/nowhere.json" },
      "/nowhere.json"
    ]
  ]
  for (const [exitCode, cases] of [
    [1, wrong],
    [2, askedWrongly]
  ] as const) {
    for (const [what, args, environment, part] of cases) {
      it.scopedLive(`refuses ${what} in a sentence, and exits with ${exitCode}`, () =>
        Effect.gen(function* () {
          const run = yield* start(args, environment)
          assert.strictEqual(yield* Effect.promise(() => run.ended), exitCode)
          assert.include(run.stderr(), part)
          assert.notMatch(run.stderr(), /^\s+at /m)
          assert.notInclude(run.lines.join("\n") + run.stderr(), "CANARY")
          assert.notInclude(run.lines.join("\n"), "is kept in")
          assert.deepStrictEqual(announcements(run), [])
        })
      )
    }
  }

  it.scopedLive("names the place and the rule in a plan of faults that does not fit", () =>
    Effect.gen(function* () {
      const plan = yield* file(`{"calls":[{"fault":"lost","rate":1.5}],"notification":[]}`)
      const run = yield* start(["sandbox", "--port", "0", "--faults", plan])
      assert.strictEqual(yield* Effect.promise(() => run.ended), 2)
      assert.strictEqual(
        run.stderr(),
        `yunmo: The file ${plan} is no plan of faults: notification: is not known; known are calls, notifications; calls[0].rate: expected a number between 0 and 1.\n`
      )
    })
  )

  it.scopedLive("begins as its options say", () =>
    Effect.gen(function* () {
      const plan = yield* file(`{"notifications":[{"fault":"duplicate"}]}`)
      const { url } = yield* sandbox(
        ...["--clock", "2026-03-01T09:30:00+08:00", "--frozen", "--faults", plan],
        ...[
          "--rule",
          "checkSignature=off",
          "--rule=nonceReuse=refuse",
          "--rule",
          "allowedAddresses=127.0.0.1,::1"
        ],
        ...["--settle-after", "2 seconds", "--kyc-review-after", "1 minute"]
      )
      const { inspect, trigger } = commands(url)
      assert.include((yield* inspect("rules")).json, {
        checkSignature: false,
        nonceReuse: "refuse",
        settleAfterSeconds: 2,
        kycReviewAfterSeconds: 60
      })
      assert.include((yield* inspect("rules")).text, "127.0.0.1, ::1")
      assert.strictEqual(
        (yield* inspect("clock")).text,
        "The clock stands still at 2026-03-01T01:30:00.000Z.\n"
      )
      yield* customer(yield* merchant(url), "ada")
      yield* trigger("clock", "--by", "1 minute")
      assert.include((yield* inspect("state")).text, "KYC passed")
      assert.include((yield* inspect("faults")).text, `hit 1 of 1  {"fault":"duplicate"}`)
    })
  )

  it.scopedLive("sends again when --resend says", () =>
    Effect.gen(function* () {
      const { url } = yield* sandbox(
        ...["--clock", "2026-03-01T00:00:00Z", "--frozen", "--resend", "1 minute, 1 hour"],
        ...["--kyc-review-after", "0 seconds", "--callback", "http://127.0.0.1:9/"]
      )
      const { inspect, trigger } = commands(url)
      yield* customer(yield* merchant(url), "ada")
      yield* trigger("clock", "--by", "1 minute")
      yield* trigger("clock", "--by", "2 hours")
      const { json } = yield* inspect("deliveries")
      const [delivery] = Array.isArray(json) ? json : []
      assert.deepStrictEqual(
        delivery.attempts.map(({ at }: { readonly at: number }) => new Date(at).toISOString()),
        ["00:00:00", "00:01:00", "01:01:00", "02:01:00"].map((time) => `2026-03-01T${time}.000Z`)
      )
    })
  )

  it.scopedLive(
    "gives the same notifications for the same seed and calls, faults included",
    () =>
      Effect.gen(function* () {
        const plan = yield* file(
          `{"notifications":[{"fault":"duplicate","rate":0.5},{"fault":"contradict","rate":0.5},{"fault":"unknownField","rate":0.5}]}`
        )
        const day = (seed: string) =>
          Effect.scoped(
            Effect.gen(function* () {
              const { url } = yield* sandbox(
                ...["--seed", seed, "--frozen", "--clock", "2026-03-01T00:00:00Z", "--faults", plan]
              )
              const { inspect, trigger } = commands(url)
              yield* trigger("callback", "--url", yield* receiver)
              const vendor = yield* merchant(url)
              const customerId = yield* customer(vendor, "ada")
              yield* trigger("kyc.passed", "--customer", customerId)
              const cardId = yield* vendor.call(
                "createVirtualCard",
                { customerId, cardSampleId: "CS0001" },
                "cardId"
              )
              yield* vendor.call("adjustBalance", {
                ...{ cardId, merchantOrderNo: "1", amount: "100.00", direction: "INCREASE" }
              })
              yield* trigger("clock", "--by", "1 second")
              for (const amount of ["1.00", "2.00", "3.00", "4.00"]) {
                yield* trigger("transaction", "--card", cardId, "--amount", amount, "--currency", "USD")
                // Sends what is on its way before it answers.
                yield* trigger("clock", "--by", "1 second")
              }
              const { json } = yield* Effect.repeat(inspect("deliveries"), {
                until: ({ text }) =>
                  text
                    .trimEnd()
                    .split("\n")
                    .every((line) => line.includes("acknowledged"))
              })
              return JSON.stringify(json)
            })
          )
        const [first, second, other] = yield* Effect.all([day("monday"), day("monday"), day("tuesday")])
        assert.strictEqual(second, first)
        assert.include(first, `"contradict"`)
        assert.notStrictEqual(other, first)
      }),
    several
  )

  it.scopedLive(
    "keeps its state in a file over kill -9, and lets no second one at it",
    () =>
      Effect.gen(function* () {
        const database = join(yield* folder, "sandbox.db")
        const options = ["--database", database, "--callback", yield* receiver]
        const killed = yield* sandbox(...options, "--seed", "monday")
        assert.include(killed.run.lines.join("\n"), `Its state is kept in ${database}`)
        const customerId = yield* customer(yield* merchant(killed.url), "ada")
        yield* commands(killed.url).trigger("kyc.passed", "--customer", customerId)
        const look = (url: string) =>
          Effect.gen(function* () {
            const { inspect } = commands(url)
            const { json } = yield* Effect.repeat(inspect("deliveries"), {
              until: ({ text }) => text.includes("acknowledged")
            })
            return JSON.stringify([(yield* inspect("state")).json, json])
          })
        const before = yield* look(killed.url)
        assert.include(before, customerId)

        const second = yield* start(["sandbox", "--port", "0", ...options])
        assert.strictEqual(yield* Effect.promise(() => second.ended), 1)
        assert.match(second.stderr(), /^yunmo: The sandbox's database cannot be used: .+\.\n$/)

        killed.run.child.kill("SIGKILL")
        yield* Effect.promise(() => killed.run.ended)
        const again = yield* sandbox(...options)
        assert.strictEqual(yield* look(again.url), before)
      }),
    several
  )

  it.scopedLive("is loud about what leaves this machine, and who may reach in", () =>
    Effect.gen(function* () {
      const run = yield* start(
        ["sandbox", "--port", "0", "--allow-remote-callbacks", "--allow-remote-control"],
        { SANDBOX_CONTROL_TOKEN: "CANARY-control" }
      )
      const { url } = yield* listening(run)
      for (const [flag, warning] of [
        ["--allow-remote-callbacks", "Notifications may leave this machine"],
        ["--allow-remote-control", "Other machines may use the control routes"]
      ] as const) {
        assert.include(run.stderr(), `yunmo: WARNING: ${warning} (${flag})`)
        const [logged = ""] = run.lines.filter((line) => line.includes(flag))
        assert.include(JSON.parse(logged), { logLevel: "WARN" })
      }
      const { inspect, trigger } = commands(url, { SANDBOX_CONTROL_TOKEN: "CANARY-control" })
      assert.strictEqual((yield* trigger("callback", "--url", "https://example.invalid/")).exitCode, 0)
      assert.include((yield* inspect("state")).text, "https://example.invalid/")
      const named = yield* get(`${url}/_sandbox/state`, "CANARY-control")
      assert.strictEqual(named.status, 200)
      assert.notInclude(run.stderr() + run.lines.join("\n"), "CANARY")
    })
  )

  it.scopedLive("explains itself", () =>
    Effect.gen(function* () {
      const help = yield* start(["sandbox", "--help"])
      assert.strictEqual(yield* Effect.promise(() => help.ended), 0)
      const text = help.lines.join("\n")
      for (const part of [
        "--port",
        "--host",
        "--callback",
        "--seed",
        "--settle-after",
        "--database",
        "--rule",
        "--faults",
        "--frozen",
        "--allow-remote-control",
        "YUNMO_SECRET_KEY"
      ]) {
        assert.include(text, part)
      }
      const version = yield* start(["--version"])
      assert.strictEqual(yield* Effect.promise(() => version.ended), 0)
      assert.match(version.lines.join(""), /\d+\.\d+\.\d+/)
    })
  )
})
