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
import { Effect, Layer, Redacted } from "effect"

const examples = ["first-card", "top-up", "errors", "contract"]

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

const inSandbox = (name: string) =>
  Effect.gen(function* () {
    const path = yield* folder
    return yield* HttpServer.addressFormattedWith((baseUrl) =>
      start(name, {
        YUNMO_BASE_URL: baseUrl,
        YUNMO_MERCHANT_NO: merchant.merchantNo,
        YUNMO_API_KEY: Redacted.value(merchant.apiKey),
        YUNMO_SECRET_KEY: Redacted.value(merchant.secretKey),
        YUNMO_DATABASE: join(path, "yunmo.sqlite")
      })
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(
      SandboxServer.layer.pipe(
        Layer.provideMerge(Sandbox.layerTest()),
        Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
        Layer.provide(NodeHttpClient.layerUndici),
        Layer.provide(contract(name))
      )
    )
  )

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
