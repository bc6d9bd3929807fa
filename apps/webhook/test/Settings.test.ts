/** The settings as the README tells them, and what is said of wrong ones. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Program from "@effect-yunmo/node/Program"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as ConfigProviderPathPatch from "effect/ConfigProviderPathPatch"
import * as Effect from "effect/Effect"
import * as HashSet from "effect/HashSet"
import { settings } from "../src/Settings.js"
import { environment, listeningAt, secret, start, temporaryFolder } from "./support.js"

/** Every name that the settings ask for. */
const asked = (): ReadonlyArray<string> => {
  const names = new Set<string>()
  const provider = ConfigProvider.fromFlat(
    ConfigProvider.makeFlat({
      load: (path) => {
        names.add(path.join("_"))
        return Effect.fail(ConfigError.MissingData([...path], "is not set"))
      },
      enumerateChildren: () => Effect.succeed(HashSet.empty()),
      patch: ConfigProviderPathPatch.empty
    })
  )
  Effect.runSyncExit(Effect.withConfigProvider(settings, provider))
  Effect.runSyncExit(Effect.withConfigProvider(Program.logLevel, provider))
  return [...names].sort()
}

const read = (variables: Record<string, string>) =>
  Effect.runSync(Effect.withConfigProvider(settings, Program.environment(variables)))

const table = [
  ...readFileSync(new URL("../README.md", import.meta.url), "utf8").matchAll(
    /^\| `([A-Z_]+)` \| (?:`([^`]+)` )?\|/gm
  )
].map(([, name = "", value]) => ({ name, value }))

/** What the app says of these settings; it does not start. */
const complaint = (variables: Record<string, string>) =>
  Effect.gen(function* () {
    const { code, stderr, stdout } = yield* Effect.flatMap(start(variables), ({ ended }) => ended)
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.notInclude(stderr, "    at ")
    assert.notInclude(stderr, "CANARY")
    return stderr.split("\n").filter((line) => line.startsWith("  "))
  })

describe("settings", () => {
  it("are those of the README", () => {
    assert.deepStrictEqual(table.map(({ name }) => name).sort(), asked())
  })

  it("have the defaults that the README tells", () => {
    const { WEBHOOK_PORT: _, ...least } = environment("./yunmo.db")
    const defaults = table.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))
    assert.isAbove(defaults.length, 12)
    for (const [name, value] of defaults) {
      assert.strictEqual(
        inspect(read({ ...least, [name]: value }), { depth: 9 }),
        inspect(read(least), { depth: 9 }),
        name
      )
    }
  })

  it("take a free admin port where a free port was asked for", () => {
    assert.strictEqual(read(environment("./yunmo.db")).admin.port, 0)
    assert.strictEqual(read({ ...environment("./yunmo.db"), WEBHOOK_ADMIN_PORT: "9000" }).admin.port, 9000)
  })

  it.scopedLive("that are wrong are named all at once, each once, without what is secret", () =>
    Effect.gen(function* () {
      const wrong = {
        YUNMO_SECRET_KEY: " CANARY",
        YUNMO_DATABASE: "",
        YUNMO_AT_REST_KEYS: "CANARY",
        WEBHOOK_PORT: "70000",
        WEBHOOK_PATH: "notifications",
        WEBHOOK_ALLOW: "vendor.example, 10.0.0.7/8",
        WEBHOOK_TRUSTED_PROXIES: "0.0.0.0/0",
        WEBHOOK_MAX_CONNECTIONS: "0",
        WEBHOOK_HEADERS_TIMEOUT: "1 hour",
        WEBHOOK_ADMIN_PORT: "yes",
        WEBHOOK_ADMIN_TOKEN: "CANARY",
        OTEL_EXPORTER_OTLP_ENDPOINT: "CANARY:4318",
        OTEL_EXPORTER_OTLP_HEADERS: "CANARY"
      }
      const lines = yield* complaint(wrong)
      for (const name of Object.keys(wrong)) {
        assert.lengthOf(
          lines.filter((line) => line.startsWith(`  ${name}`)),
          1,
          `${name} in ${lines.join("\n")}`
        )
      }
      // The merchant number is not set.
      assert.lengthOf(lines, Object.keys(wrong).length + 1)
      assert.isTrue(
        lines.some((line) =>
          line.includes("10.0.0.7/8 has bits beyond its prefix; the network is 10.0.0.0/8")
        )
      )
    })
  )

  it.scopedLive("want a merchant, from settings or from a file", () =>
    Effect.gen(function* () {
      const { YUNMO_MERCHANT_NO: _no, YUNMO_SECRET_KEY: _key, ...rest } = environment("./yunmo.db")
      const names = (lines: ReadonlyArray<string>) => lines.map((line) => line.trim().split(" ")[0])
      assert.deepStrictEqual(names(yield* complaint(rest)), ["YUNMO_MERCHANT_NO", "YUNMO_SECRET_KEY"])
      assert.deepStrictEqual(names(yield* complaint({ ...rest, YUNMO_SECRET_KEY: secret })), [
        "YUNMO_MERCHANT_NO"
      ])
    })
  )

  it.scopedLive("want a credential where others reach the admin port", () =>
    Effect.gen(function* () {
      const open = { ...environment("./yunmo.db"), WEBHOOK_ADMIN_HOST: "0.0.0.0" }
      const [line = "", ...others] = yield* complaint(open)
      assert.deepStrictEqual(others, [])
      assert.match(
        line,
        /^ {2}WEBHOOK_ADMIN_TOKEN is not set, and has to be because WEBHOOK_ADMIN_HOST is not loopback/
      )
    })
  )

  it.scopedLive("say which port is taken and how to change it", () =>
    Effect.gen(function* () {
      const env = environment(join(yield* temporaryFolder, "yunmo.db"))
      const child = yield* start(env)
      const announcement = yield* listeningAt(child)
      const port =
        announcement.event === "listening" ? new URL(announcement.url).port : assert.fail("no port")
      const taken = { ...env, WEBHOOK_PORT: port, WEBHOOK_ADMIN_PORT: "0" }
      const { code, stderr } = yield* Effect.flatMap(start(taken), ({ ended }) => ended)
      assert.strictEqual(code, 1)
      assert.strictEqual(
        stderr,
        `webhook: Another program listens on 127.0.0.1:${port} already; stop it, or change the port with WEBHOOK_PORT (0 takes a free one).\n`
      )
    })
  )
})
