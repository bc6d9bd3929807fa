import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Answer } from "../src/internal/answer.js"
import { events } from "../src/internal/events.js"
import { views } from "../src/internal/views.js"
import { commands, customer, merchant, receiver, sandbox } from "./running.js"
import { file, yunmo } from "./support.js"

/** A field of an answer as JSON. */
const text = ({ json }: Answer, ...path: ReadonlyArray<string | number>): string => {
  let value: unknown = json
  for (const key of path) {
    value = value !== null && typeof value === "object" ? Reflect.get(value, key) : undefined
  }
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "absent")
}

/** Waits until every notification is acknowledged. */
const acknowledged = ({ inspect }: ReturnType<typeof commands>) =>
  Effect.repeat(inspect("summary"), {
    until: (answer) =>
      ["waiting", "held", "sending"].every((status) => text(answer, "deliveries", status) === "0")
  })

/** Milliseconds, for tests that start several processes, on a machine that has other things to do. */
const several = 60_000

describe("yunmo trigger and yunmo inspect", () => {
  it.scopedLive(
    "make everything happen that can, and show it",
    () =>
      Effect.gen(function* () {
        const { url } = yield* sandbox("--seed", "monday", "--frozen", "--rule", "settleAfterSeconds=off")
        const asked = commands(url)
        const used = new Set<string>()
        const trigger = (...words: ReadonlyArray<string>) => {
          used.add(words[0] ?? "")
          return asked.trigger(...words)
        }
        const inspect = (...words: ReadonlyArray<string>) => {
          used.add(`inspect ${words[0]}`)
          return asked.inspect(...words)
        }
        const says = (answer: Answer, said: RegExp | string) => {
          assert.strictEqual(answer.exitCode, 0)
          if (typeof said === "string") {
            assert.strictEqual(answer.text, `${said}\n`)
          } else {
            assert.match(answer.text, said)
          }
        }
        assert.strictEqual((yield* inspect("deliveries")).text, "There are no notifications.\n")
        assert.strictEqual((yield* inspect("calls")).text, "There were no calls.\n")
        assert.strictEqual((yield* inspect("snapshots")).text, "There are no snapshots.\n")

        const callback = yield* receiver
        says(yield* trigger("callback", "--url", callback), `Notifications go to ${callback}.`)
        const vendor = yield* merchant(url)

        // Two customers: one passes, one does not.
        const ada = yield* customer(vendor, "ada")
        const bob = yield* customer(vendor, "bob")
        for (const customerId of [ada, bob]) {
          yield* vendor.call("getLivenessUrl", { customerId })
        }
        says(
          yield* trigger("liveness.passed", "--customer", ada),
          `Customer ${ada} has passed the liveness check.`
        )
        says(
          yield* trigger("liveness.failed", "--customer", bob),
          `Customer ${bob} has failed the liveness check.`
        )
        says(yield* trigger("kyc.passed", "--customer", ada), `The KYC of customer ${ada} is passed.`)
        says(
          yield* trigger("kyc.rejected", `--customer=${bob}`, "--remark", "The photo is dark"),
          `The KYC of customer ${bob} is rejected.`
        )
        const people = yield* inspect("state")
        assert.deepStrictEqual(
          [0, 1].map((at) => [
            text(people, "customers", at, "kyc"),
            text(people, "customers", at, "liveness"),
            text(people, "customers", at, "remark")
          ]),
          [
            ["passed", "passed", "absent"],
            ["rejected", "failed", "The photo is dark"]
          ]
        )

        // Orders end when they are told to.
        const cardId = yield* vendor.call(
          "createVirtualCard",
          { customerId: ada, cardSampleId: "CS0001" },
          "cardId"
        )
        const topUp = (merchantOrderNo: string) =>
          vendor.call("adjustBalance", { cardId, merchantOrderNo, amount: "100.00", direction: "INCREASE" })
        yield* topUp("top-up-1")
        yield* topUp("top-up-2")
        says(yield* trigger("order.done", "--order", "top-up-1"), "Order top-up-1 is done.")
        says(
          yield* trigger("order.failed", "--order", "top-up-2", "--merchant", "BU000000001"),
          "Order top-up-2 is failed."
        )

        // A shop.
        const purchase = ["--card", cardId, "--amount", "20.00", "--currency", "USD"]
        const authorized = yield* trigger("authorization", ...purchase, "--merchant-name", "Shop &x=1")
        const order = ["--order", text(authorized, "orderNo")]
        says(
          authorized,
          `Authorized: order ${text(authorized, "orderNo")}, sub-order ${text(authorized, "subOrderNo")}.`
        )
        says(yield* trigger("additional-authorization", ...order, "--amount", "5.00"), /^Authorized: order /)
        says(yield* trigger("settlement", ...order, "--amount", "10.00", "--partial"), /^Settled: order /)
        says(
          yield* trigger("settlement", ...order, "--amount", "12.00", "--principal", "12.00"),
          /^Settled: order /
        )
        says(yield* trigger("refund", ...order, "--amount", "2.00"), /^Refunded: order /)
        const given = yield* trigger("authorization", ...purchase, "--principal", "21.00")
        says(yield* trigger("cancellation", "--order", text(given, "orderNo")), /^Cancelled: order /)
        says(yield* trigger("transaction", ...purchase), /^Paid: order /)
        const declined = yield* trigger(
          "authorization",
          "--card",
          cardId,
          "--amount",
          "1000",
          "--currency",
          "USD"
        )
        says(declined, /^Declined \(.+\): order /)
        assert.deepStrictEqual(
          [text(declined, "status"), declined.exitCode],
          ["failed", 0],
          "a declined purchase has happened"
        )
        const money = yield* inspect("state", "--last", "1")
        assert.deepStrictEqual(
          ["balance", "held"].map((field) => text(money, "cards", 0, field)),
          ["60.00", "0.00"]
        )
        says(money, new RegExp(`^ +${cardId} .*balance 60\\.00 USD`, "m"))
        says(yield* inspect("ledger", "--card", cardId), /^\S+ +increase +100\.00 +\S+\n.* refund +2\.00 /s)

        const asksFor3ds = yield* trigger(
          "3ds",
          ...["--card", cardId, "--amount", "3.50", "--currency", "USD"],
          ...["--merchant-name", "Shop", "--expires-in", "2 minutes"]
        )
        const now = text(yield* inspect("clock"), "now")
        assert.strictEqual(Number(text(asksFor3ds, "expiresAt")) - Number(now), 120_000)
        says(asksFor3ds, /^3-D Secure request \S+ can be answered until \S+Z\.\n$/)

        // The code is what binds the card; nothing else that is redacted is to be seen.
        const made = yield* trigger("card.made")
        says(
          made,
          `Card ${text(made, "cardId")} is made: SKU ${text(made, "sku")}, activation code ${text(made, "activationCode")}.`
        )
        assert.match(text(made, "activationCode"), /^\d+$/)

        // The merchant, the clock.
        says(yield* trigger("merchant.disabled"), "The merchant is disabled.")
        assert.notStrictEqual(yield* vendor.code("queryCustomer", { customerCode: "ada" }), "200")
        says(
          yield* trigger("merchant.enabled", "--merchant", "BU000000001"),
          "The merchant BU000000001 is enabled."
        )
        assert.strictEqual(yield* vendor.code("queryCustomer", { customerCode: "ada" }), "200")
        const moved = yield* trigger("clock", "--by", "3 minutes")
        assert.strictEqual(Number(text(moved, "now")) - Number(now), 180_000)
        says(
          yield* trigger("clock", "--to", "2999-01-01T00:00:00+02:00"),
          /^The clock stands still at 2998-12-31T22:00:00\.000Z/
        )
        assert.strictEqual(text(yield* inspect("state"), "threeDs", 0, "decision"), "expired")

        // Every notification has arrived.
        yield* acknowledged(asked)
        const deliveries = yield* inspect(
          "deliveries",
          "--status",
          "acknowledged",
          "--after",
          "1",
          "--limit",
          "2"
        )
        says(deliveries, /^2 {2}\S+Z +KYC\/\S+ +\S+ +acknowledged +1 sent +answered 200 OK\n3 .*\n$/)
        assert.strictEqual(text(yield* inspect("deliveries", "--last", "1"), "length"), "1")

        // Bad days.
        const plan = `{"calls":[{"fault":"code","code":"3000000","operations":["queryCustomer"],"times":1}]}`
        says(yield* trigger("faults", "--plan", plan), "Rules in force: 1 for calls, 0 for notifications.")
        assert.strictEqual(yield* vendor.code("queryCustomer", { customerCode: "ada" }), "3000000")
        says(yield* inspect("faults"), /^calls\n {2}hit 1 of 1 {2}\{"fault":"code"/)
        says(yield* inspect("calls", "--last", "1"), /^queryCustomer +not executed +fault code +1x$/m)
        says(
          yield* trigger("faults", "--file", yield* file(`{"notifications":[{"fault":"late"}]}`)),
          "Rules in force: 0 for calls, 1 for notifications."
        )
        says(yield* trigger("faults", "--none"), "There are no faults.")
        says(yield* inspect("faults"), "There are no faults.")

        const stricter = ["--rule", "loginEndsOldTokens=on", "--rule=tokenLifetimeSeconds=2 hours"]
        says(yield* trigger("rules", ...stricter), "tokenLifetimeSeconds  7200\nloginEndsOldTokens    on")
        says(yield* inspect("rules"), /^settleAfterSeconds +off$/m)

        // Back and forth in time.
        says(yield* trigger("snapshot", "--name", "before"), /^Snapshot before is taken, at 2998-/)
        says(yield* inspect("snapshots"), "before  2998-12-31T22:00:00.000Z")
        says(yield* trigger("reset"), "Everything is as at the start.")
        assert.strictEqual(text(yield* inspect("summary"), "cards"), "0")
        says(yield* trigger("restore", "--name", "before"), "Everything is as in snapshot before.")
        says(yield* inspect("summary"), /^cards +2, with 60\.00 in all$/m)

        assert.deepStrictEqual(
          [...used].sort(),
          [...events.map(({ name }) => name), ...views.map(({ name }) => `inspect ${name}`)].sort()
        )
      }),
    several
  )

  it.scopedLive("say in a sentence what was asked for wrongly, before anything is asked", () =>
    Effect.gen(function* () {
      const { inspect, trigger } = commands("http://127.0.0.1:9")
      const purchase = ["--card", "1", "--amount", "1", "--currency", "USD"]
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [[], "Name the event behind yunmo trigger; see yunmo trigger --help."],
        [["--json"], "Name the event behind yunmo trigger; see yunmo trigger --help."],
        [["kyc"], "There is no event kyc; see yunmo trigger --help."],
        [["Secret/Words"], "There is no event of that name; see yunmo trigger --help."],
        [["kyc.passed"], "The option --customer is missing: the customer's id"],
        [["kyc.passed", "--customer"], "The option --customer wants a value"],
        [["kyc.passed", "--customer", "--json"], "The option --customer wants a value"],
        [["kyc.passed", "--customer", "1", "--customer", "2"], "The option --customer is given twice"],
        [["kyc.passed", "--card", "1"], "There is no option --card; see yunmo trigger kyc.passed --help."],
        [["kyc.passed", "--Sk9fQ2vX7mPz4LwT"], "There is no option of that name"],
        [["kyc.passed", "1"], "Every value stands behind the option it belongs to"],
        [["reset", "--json=yes"], "The option --json takes no value"],
        [["kyc.passed", "--customer", " "], "--customer: expected"],
        [
          ["authorization", "--card", "1", "--amount", "ten", "--currency", "usd"],
          "--amount: expected plain decimal text such as 20.00; --currency: expected an ISO 4217 code such as USD"
        ],
        [
          ["authorization", "--card", "1", "--amount", "-1", "--currency", "USD"],
          "--amount: expected an amount above zero"
        ],
        [["authorization", ...purchase, "--principal", "0"], "--principal: expected an amount above zero"],
        [
          ["3ds", ...purchase, "--expires-in", "soon"],
          `The option --expires-in expects a duration such as "10 minutes"`
        ],
        [
          ["3ds", ...purchase, "--expires-in", "2 days"],
          "--expires-in: expected a number between 0 and 86400"
        ],
        [["clock"], "Give one of --by, --to"],
        [["clock", "--by", "1 hour", "--to", "2026-03-01"], "Give one of --by, --to"],
        [["clock", "--by", "Infinity"], "The option --by expects a duration"],
        [["clock", "--to", "2026-03-01T09:30:00"], "The option --to expects an instant with its zone"],
        [["clock", "--to", "2026-13-01T09:30:00Z"], "The option --to expects an instant with its zone"],
        [["clock", "--to", "2026-02-30T09:30:00Z"], "The option --to expects an instant with its zone"],
        [["clock", "--by", "-5 minutes"], "The option --by expects a duration"],
        [["faults"], "Give one of --file, --plan, --none"],
        [["faults", "--file", "/nowhere.json"], "The file /nowhere.json does not exist"],
        [["faults", "--file", yield* file(" \n")], "is empty; it should hold a plan of faults."],
        [["faults", "--plan", "{"], "The plan (--plan) is not JSON"],
        [["faults", "--plan", "[]"], "The plan (--plan) is no plan of faults: expected an object."],
        [
          [
            "faults",
            "--plan",
            `{"calls":[{"fault":"slow"},{"fault":"lst","rate":2,"rat":1}],"notifications":{}}`
          ],
          `The plan (--plan) is no plan of faults: calls[1].rat: is not known; known are fault, operations, executed, status, code, delaySeconds, rate, skip, times; calls[1].fault: expected "lost", "reset", "status", "html", "code", "truncated", "slow"; calls[1].rate: expected a number between 0 and 1; notifications: expected a list.`
        ],
        [
          ["faults", "--plan", `{"calls":[{"fault":"html","code":"3000000"}]}`],
          "The plan (--plan) is no plan of faults: calls[0].code: belongs to code, and html does not take it; leave it out."
        ],
        [["rules"], "The option --rule is missing"],
        [
          ["rules", "--rule", "checkSignatur=off"],
          "There is no rule checkSignatur; the rules are checkSignature, checkToken,"
        ],
        [["rules", "--rule", "magic"], "The rule magic takes on or off"],
        [["rules", "--rule", "magic=on", "--rule", "magic=off"], "The rule magic is given twice"],
        [["snapshot", "--name", "a b"], "--name: expected 1 to 64 letters"]
      ]
      for (const [words, sentence] of wrong) {
        const failed = yield* Effect.flip(trigger(...words))
        assert.include(failed.message, sentence, words.join(" "))
        assert.notInclude(failed.message, "Sk9fQ2vX7mPz4LwT")
        assert.deepStrictEqual([failed.exitCode ?? 2, failed.message.includes("\n")], [2, false])
      }
      const views = yield* Effect.flip(
        inspect("deliveries", "--after", "x", "--limit", "0", "--status", "gone")
      )
      assert.include(views.message, "--after: expected a number; --limit: expected")
      assert.include(views.message, `--status: expected "waiting", "held"`)
      assert.include(
        (yield* Effect.flip(inspect("ledger", "--card", "../rules"))).message,
        "--card: expected"
      )
      assert.include((yield* Effect.flip(inspect("kyc.passed"))).message, "There is no view kyc.passed")
    })
  )

  it.scopedLive("tell what the sandbox refused from what it could not be asked", () =>
    Effect.gen(function* () {
      const { url } = yield* sandbox()
      const refused = yield* Effect.flip(commands(url).trigger("kyc.passed", "--customer", "nobody"))
      assert.deepStrictEqual(
        [refused.code, refused.message, refused.exitCode],
        ["MoveRefused", "There is no customer nobody; yunmo inspect state shows what there is.", 1]
      )
      const credential = (SANDBOX_CONTROL_TOKEN: string) =>
        Effect.flip(commands(url, { SANDBOX_CONTROL_TOKEN }).inspect("state"))
      const stranger = yield* credential("CANARY-credential")
      assert.deepStrictEqual(
        [stranger.code, stranger.message, stranger.exitCode ?? 2],
        [
          "ControlUnauthorized",
          `The sandbox at ${url} has another control credential; set SANDBOX_CONTROL_TOKEN to the one it was started with.`,
          2
        ]
      )
      const broken = yield* credential("CANARY credential")
      assert.include(broken.message, "SANDBOX_CONTROL_TOKEN has a blank")
      assert.notInclude(broken.message, "CANARY")
    })
  )

  it.scopedLive("say that no sandbox is there, and where they looked", () =>
    Effect.gen(function* () {
      const elsewhere = yield* receiver
      const { origin } = new URL(elsewhere)
      const gone = commands("http://127.0.0.1:9")
      assert.strictEqual(
        (yield* Effect.flip(gone.trigger("reset"))).message,
        "Nothing listens at http://127.0.0.1:9; start a sandbox with yunmo sandbox, or say with --sandbox-url where one is."
      )
      assert.strictEqual(
        (yield* Effect.flip(gone.inspect("state", "--sandbox-url", `${origin}/`))).message,
        `What answers at ${origin} is not a sandbox, or one of another version; say with --sandbox-url where it is.`
      )
      const urls: ReadonlyArray<readonly [string, string]> = [
        ["nowhere", "is no URL"],
        ["ftp://127.0.0.1", "begins with neither"],
        ["http://sandbox.example:8788", "is plain http:// to another machine"],
        ["http://u:p@127.0.0.1:8788", "has more than a host and a path"],
        ["http://127.0.0.1:8788?x", "has more than a host and a path"]
      ]
      for (const [given, why] of urls) {
        const failed = yield* Effect.flip(gone.trigger("reset", "--sandbox-url", given))
        assert.include(failed.message, `The sandbox's URL (--sandbox-url or SANDBOX_URL) ${why}`)
      }
    })
  )

  it.scopedLive("tell a sandbox that failed from what is none", () =>
    Effect.gen(function* () {
      const answering = (status: number, type: string, body: string) =>
        Effect.map(
          Effect.acquireRelease(
            Effect.async<ReturnType<typeof createServer>>((resume) => {
              const server = createServer((_, response) => {
                response.writeHead(status, { "content-type": type }).end(body)
              })
              server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
            }),
            (server) => Effect.sync(() => server.close())
          ),
          (server) => {
            const address = server.address()
            assert(typeof address === "object" && address !== null)
            return `http://127.0.0.1:${address.port}`
          }
        )
      const full = yield* answering(
        500,
        "application/json",
        `{"_tag":"StoreUnusable","message":"The sandbox's database cannot be used: it is full."}`
      )
      const stored = yield* Effect.flip(commands(full).trigger("reset"))
      assert.deepStrictEqual(
        [stored.code, stored.message, stored.exitCode],
        ["StoreUnusable", "The sandbox's database cannot be used: it is full.", 3]
      )
      const defect = yield* answering(500, "text/plain", "")
      const failed = yield* Effect.flip(commands(defect).inspect("state"))
      assert.deepStrictEqual([failed.code, failed.exitCode], ["SandboxFailed", 3])
      assert.include(failed.message, `The sandbox at ${defect} failed (HTTP 500)`)
    })
  )

  it.live("explain themselves: all events and views, and each with its options", () =>
    Effect.gen(function* () {
      const asked = commands("http://127.0.0.1:9")
      for (const [command, entries] of [
        [asked.trigger, events],
        [asked.inspect, views]
      ] as const) {
        const list = yield* command("--help")
        assert.deepStrictEqual(
          [...list.text.matchAll(/^ {2}(\S+) {2}/gm)].map(([, name]) => name),
          entries.map(({ name }) => name)
        )
        for (const { about, name, options } of entries) {
          assert.include(list.text, about)
          const help = yield* command(name, "--json", "-h")
          for (const option of options) {
            assert.include(help.text, `  ${option.flag}`)
            assert.include(help.text, option.about)
          }
        }
      }
    })
  )

  it.scopedLive(
    "as processes print what they have to say, and end with the code that says it",
    () =>
      Effect.gen(function* () {
        const { url } = yield* sandbox("--seed", "monday")
        const ask = (...args: ReadonlyArray<string>) => yunmo(args, "", { SANDBOX_URL: url })
        assert.deepStrictEqual(yield* ask("trigger", "reset"), {
          code: 0,
          stdout: "Everything is as at the start.\n",
          stderr: ""
        })
        assert.deepStrictEqual(yield* ask("trigger", "merchant.disabled", "--json"), {
          code: 0,
          stdout: "{}\n",
          stderr: ""
        })
        const plan = yield* yunmo(["trigger", "faults", "--file", "-"], `{"calls":[]}`, { SANDBOX_URL: url })
        assert.deepStrictEqual([plan.code, plan.stdout], [0, "There are no faults.\n"])
        const summary = yield* ask("inspect", "summary", "--json")
        assert.include(JSON.parse(summary.stdout), { customers: 0, balances: "0.00" })
        assert.deepStrictEqual(yield* ask("trigger", "restore", "--name", "x", "--json"), {
          code: 1,
          stdout: `{"error":{"code":"MoveRefused","message":"There is no snapshot x; yunmo inspect snapshots lists them. They end with the process."}}\n`,
          stderr: ""
        })
        assert.deepStrictEqual(yield* ask("trigger", "restore"), {
          code: 2,
          stdout: "",
          stderr:
            "yunmo: The option --name is missing: the snapshot's name; see yunmo trigger restore --help.\n"
        })
        const help = yield* ask("trigger", "--help")
        assert.deepStrictEqual([help.code, help.stderr], [0, ""])
        for (const args of [["--help"], []]) {
          const { code, stdout } = yield* ask(...args)
          assert.deepStrictEqual(
            [code, [...stdout.matchAll(/^ {2}(\S+) {2}/gm)].map(([, name]) => name)],
            [0, ["sign", "verify", "explain", "sandbox", "trigger", "inspect", "call", "contract", "inbox"]]
          )
        }
      }),
    several
  )
})
