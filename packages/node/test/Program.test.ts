import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Program from "../src/Program.js"
import { fixture } from "./support.js"

const read = <A>(config: Config.Config<A>, variables: Record<string, string | undefined>) =>
  Effect.runSyncExit(Effect.withConfigProvider(config, Program.environment(variables)))

describe("environment", () => {
  it("takes what is set to nothing for not set", () => {
    const database = Config.option(Config.string("YUNMO_DATABASE"))
    for (const value of [undefined, "", " ", "\t\r\n"]) {
      assert.deepStrictEqual(read(database, { YUNMO_DATABASE: value }), Exit.succeed(Option.none()))
    }
    assert.deepStrictEqual(read(database, {}), Exit.succeed(Option.none()))
    assert.deepStrictEqual(
      read(Config.withDefault(Config.integer("WEBHOOK_PORT"), 8787), { WEBHOOK_PORT: " " }),
      Exit.succeed(8787)
    )
  })

  it("leaves the rest as it stands, blanks and commas too", () => {
    for (const value of [" a ", "a,b", "a=b", "a_b", "0"]) {
      assert.deepStrictEqual(
        read(Config.string("YUNMO_SOMETHING_LONG"), { YUNMO_SOMETHING_LONG: value }),
        Exit.succeed(value)
      )
    }
  })
})

describe("logLevel", () => {
  it("is Info, or what the setting says", () => {
    assert.deepStrictEqual(read(Program.logLevel, {}), Exit.succeed(LogLevel.Info))
    assert.deepStrictEqual(read(Program.logLevel, { YUNMO_LOG_LEVEL: "debug" }), Exit.succeed(LogLevel.Debug))
    assert.isTrue(Exit.isFailure(read(Program.logLevel, { YUNMO_LOG_LEVEL: "loud" })))
  })
})

class NoRoom extends Data.TaggedError("NoRoom")<{ readonly seats: number }> {
  override get message(): string {
    return `There are ${this.seats} seats left. Ask for fewer.`
  }
}

class Silent extends Data.TaggedError("Silent")<{ readonly seats: number }> {}

describe("describe", () => {
  const failureOf = (exit: Exit.Exit<unknown, unknown>) =>
    Program.describe("webhook", Exit.isFailure(exit) ? exit.cause : Cause.empty)

  it("names every wrong setting in one message, each once, and what it is", () => {
    const config = Config.all([
      Config.string("YUNMO_MERCHANT_NO"),
      Config.integer("WEBHOOK_PORT"),
      Config.redacted("YUNMO_API_KEY"),
      Config.redacted("YUNMO_API_KEY"),
      Config.string("NOT_OURS")
    ])
    assert.strictEqual(
      failureOf(read(config, { WEBHOOK_PORT: "http" })),
      `webhook cannot start: 4 settings are missing or wrong.
  YUNMO_MERCHANT_NO is not set (the merchant number from YUNMO, BU078255558 say)
  WEBHOOK_PORT: Expected an integer value but received "http" (the port to listen on, 8787 when not set, 0 for a free one)
  YUNMO_API_KEY is not set (the API key from the merchant console, API Management)
  NOT_OURS is not set
Set them in the environment or in a .env file; .env.example lists them all.
`
    )
  })

  it("says it of a single one too", () => {
    const text = failureOf(read(Config.string("YUNMO_DATABASE"), {}))
    assert.include(
      text,
      "webhook cannot start: a setting is missing or wrong.\n  YUNMO_DATABASE is not set ("
    )
  })

  it("says of both halves of an alternative what is wrong", () => {
    const either = Config.orElse(Config.string("ONE"), () => Config.string("OTHER"))
    const text = failureOf(read(either, {}))
    assert.include(text, "  ONE is not set\n  OTHER is not set\n")
  })

  it("tells a known failure in its own sentence, without a stack", () => {
    const text = Program.describe("worker", Cause.fail(new NoRoom({ seats: 2 })))
    assert.strictEqual(text, "worker: There are 2 seats left. Ask for fewer.\n")
  })

  it.each([
    [new Silent({ seats: 2 }), "Silent"],
    [{ _tag: "Plain", seats: 2 }, "Plain"],
    ["just text", "just text"]
  ])("tells a failure without a sentence as well as it can (%#)", (error, part) => {
    const text = Program.describe("worker", Cause.fail(error))
    assert.include(text, part)
    assert.match(text, /^worker: .+\n$/)
    assert.notInclude(text, "[object Object]")
  })

  it("tells the failure, not the defect or the interruption beside it", () => {
    const cause = Cause.parallel(
      Cause.interrupt(FiberId.none),
      Cause.sequential(Cause.fail(new NoRoom({ seats: 2 })), Cause.die(new Error("in a finalizer")))
    )
    assert.strictEqual(Program.describe("worker", cause), "worker: There are 2 seats left. Ask for fewer.\n")
  })

  it("shows the stack of a defect", () => {
    const text = Program.describe("worker", Cause.die(new TypeError("a bug")))
    assert.match(text, /^worker stopped because of a defect; please report it\.\n/)
    assert.include(text, "TypeError: a bug")
    assert.match(text, /\n\s+at .+Program\.test\.ts/)
  })
})

describe("announcements", () => {
  it("are lines that readAnnouncement reads", () => {
    const lines: Array<string> = []
    const capture = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.jsonLogger, (line) => void lines.push(line))
    )
    Effect.runSync(
      Effect.all([
        Effect.logInfo("something else"),
        Program.listening("webhook", "http://127.0.0.1:8787"),
        Program.started("worker")
      ]).pipe(Effect.provide(capture))
    )
    assert.deepStrictEqual(lines.map(Program.readAnnouncement), [
      Option.none(),
      Option.some({ event: "listening", app: "webhook", url: "http://127.0.0.1:8787", pid: process.pid }),
      Option.some({ event: "started", app: "worker", pid: process.pid })
    ])
  })

  it.each([
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"annotations":{}}',
    '{"annotations":{"event":"listening","app":"webhook","pid":1}}',
    '{"annotations":{"event":"stopped","app":"webhook","url":"u","pid":1}}',
    "Done in 1 s"
  ])("are not made of %j", (line) => {
    assert.deepStrictEqual(Program.readAnnouncement(line), Option.none())
  })
})

const messages = (stdout: string): ReadonlyArray<string> =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).message)

const listens = "fixture listens on http://127.0.0.1:8787"

describe("run", () => {
  // Ctrl-C reaches a program twice when what started it passes the signal on.
  it.each([[["SIGTERM"]], [["SIGINT"]], [["SIGINT", "SIGTERM"]]] as const)(
    "stops cleanly on %j, everything released in order",
    async (signals) => {
      const ended = await fixture("serve", { kill: [listens, ...signals] })
      assert.deepStrictEqual([ended.code, ended.signal, ended.stderr], [0, null, ""])
      assert.deepStrictEqual(messages(ended.stdout), [
        "acquired outer",
        "acquired inner",
        listens,
        "released inner",
        "released outer"
      ])
      assert.strictEqual(
        ended.stdout.split("\n").filter((line) => Option.isSome(Program.readAnnouncement(line))).length,
        1
      )
    }
  )

  it("ends at once on a signal that comes well after the first", async () => {
    const ended = await fixture("stuck", { kill: [listens, "SIGTERM"], killAgain: ["SIGTERM", 1500] })
    assert.deepStrictEqual([ended.code, ended.signal], [143, null])
    assert.include(ended.stderr, "A second SIGTERM ended it at once")
  })

  it("is not cut short by a second signal while it stops", async () => {
    const ended = await fixture("serve", { kill: ["inner", "SIGTERM"] })
    assert.deepStrictEqual([ended.code, ended.signal], [0, null])
    assert.deepStrictEqual(messages(ended.stdout).slice(-1), ["released outer"])
  })

  it("stops cleanly while it is still starting", async () => {
    const ended = await fixture("starting", { kill: ['"starting"', "SIGTERM"] })
    assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
    assert.deepStrictEqual(messages(ended.stdout), ["acquired outer", "starting", "released outer"])
  })

  it("exits with 1 and one sentence when it cannot start, and releases what it had", async () => {
    const ended = await fixture("fail")
    assert.deepStrictEqual(
      [ended.code, ended.stderr],
      [1, "fixture: The desk is closed. Come back tomorrow.\n"]
    )
    assert.deepStrictEqual(messages(ended.stdout), ["acquired outer", "released outer"])
  })

  it("says which database cannot be opened", async () => {
    const ended = await fixture("database", { env: { YUNMO_DATABASE: "/no/such/folder/yunmo.sqlite" } })
    assert.strictEqual(ended.code, 1)
    assert.match(
      ended.stderr,
      /^fixture: The database \/no\/such\/folder\/yunmo\.sqlite cannot be opened: [^\n]+\.\n$/
    )
    assert.strictEqual(ended.stdout, "")
  })

  it("exits with 1 and every wrong setting, no stack, no secret", async () => {
    const ended = await fixture("settings", {
      env: { YUNMO_MERCHANT_NO: "  ", YUNMO_SECRET_KEY: "CANARY\n", YUNMO_BASE_URL: "http://example.com" }
    })
    assert.strictEqual(ended.code, 1)
    for (const name of ["YUNMO_MERCHANT_NO", "YUNMO_SECRET_KEY", "YUNMO_BASE_URL", "WEBHOOK_PORT"]) {
      assert.include(ended.stderr, `\n  ${name}`)
    }
    assert.include(ended.stderr, "4 settings are missing or wrong")
    assert.notMatch(ended.stderr, /\n\s+at /)
    assert.notInclude(ended.stderr + ended.stdout, "CANARY")
  })

  it("exits with 1 and the stack of a defect", async () => {
    const ended = await fixture("defect")
    assert.strictEqual(ended.code, 1)
    assert.include(ended.stderr, "fixture stopped because of a defect")
    assert.match(ended.stderr, /TypeError: a bug\n\s+at .+program\.mjs/)
  })
})
