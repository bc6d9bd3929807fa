/** Runs an example: against the API of the environment, or, when that names none, against a sandbox of its own. */
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { HttpServer } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Sandbox, SandboxServer } from "@effect-yunmo/sandbox"
import { Contract } from "@effect-yunmo/schema"
import { Effect, Layer, Redacted, Schedule } from "effect"

const programs = ["first-card", "top-up", "errors", "contract"]
/** These wait for notifications, which another program makes the sandbox send. */
const receivers = ["receive-effect", "receive-express", "receive-next"]
const examples = [...programs, ...receivers]

const start = (name: string, environment: Record<string, string>) =>
  Effect.async<number>((resume) => {
    const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
    const child = spawn(process.execPath, [program], {
      stdio: "inherit",
      env: { ...process.env, ...environment }
    })
    child.on("close", (code) => resume(Effect.succeed(code ?? 1)))
    return Effect.sync(() => child.kill())
  })

/** A folder for the journals, which goes away. */
const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "yunmo-example-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const [merchant] = Sandbox.development.merchants

/** In the contract's example the vendor is as the file says. */
const contract = (name: string) =>
  name === "contract"
    ? Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => readFile(new URL("../contract.json", import.meta.url), "utf8")),
          (json) => Contract.layerJson(json)
        )
      )
    : Layer.empty

/** A port that is free now. */
const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Starts the receiver, and once it listens the program that makes the sandbox send. */
const receive = (name: string, port: number, environment: Record<string, string>) =>
  Effect.gen(function* () {
    yield* Effect.forkScoped(start(name, environment))
    yield* Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/`)).pipe(
      Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo("20 seconds")))
    )
    const code = yield* start("first-card", environment)
    yield* Effect.sleep("2 seconds")
    return code
  })

const inSandbox = (name: string) =>
  Effect.gen(function* () {
    const path = yield* folder
    const port = yield* freePort
    const program = HttpServer.addressFormattedWith((baseUrl) => {
      const environment = {
        YUNMO_BASE_URL: baseUrl,
        YUNMO_MERCHANT_NO: merchant.merchantNo,
        YUNMO_API_KEY: Redacted.value(merchant.apiKey),
        YUNMO_SECRET_KEY: Redacted.value(merchant.secretKey),
        YUNMO_DATABASE: join(path, "yunmo.sqlite"),
        DATABASE: join(path, "received.sqlite"),
        PORT: String(port)
      }
      return receivers.includes(name) ? receive(name, port, environment) : start(name, environment)
    })
    const callbackUrl = `http://127.0.0.1:${port}/yunmo/notifications`
    return yield* Effect.provide(
      program,
      SandboxServer.layer.pipe(
        Layer.provideMerge(
          Sandbox.layerTest(receivers.includes(name) ? { merchants: [{ ...merchant, callbackUrl }] } : {})
        ),
        Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
        Layer.provide(NodeHttpClient.layerUndici),
        Layer.provide(contract(name))
      )
    )
  }).pipe(Effect.scoped)

const [, , name = ""] = process.argv
const program = examples.includes(name)
  ? (process.env["YUNMO_BASE_URL"] ?? "") === ""
    ? inSandbox(name)
    : start(name, {})
  : Effect.as(
      Effect.sync(() => console.error(`Usage: pnpm example <${examples.join(" | ")}>`)),
      2
    )

NodeRuntime.runMain(
  Effect.flatMap(program, (code) =>
    // Everything is closed by now; a call that the sandbox has hung up on may still be waiting to be told.
    Effect.sync(() => process.exit(code))
  )
)
