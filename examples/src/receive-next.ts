/** Serves `route.ts` as Next.js would, so that it can be tried without it. */
import { createServer } from "node:http"
import { Readable } from "node:stream"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { port } from "./merchants.js"
import { dispose, POST } from "./route.js"

const routes: Readonly<Record<string, (request: Request) => Promise<Response>>> = {
  "POST /yunmo/notifications": POST
}

const server = Effect.gen(function* () {
  const listening = yield* port
  const server = createServer(async (request, response) => {
    const { headers, method = "", url = "/" } = request
    const route = routes[`${method} ${url}`]
    if (route === undefined) {
      response.writeHead(404).end()
      return
    }
    const answer = await route(
      new Request(`http://${headers.host}${url}`, {
        method,
        headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
        body: Readable.toWeb(request),
        duplex: "half"
      })
    )
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(listening, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.zipRight(
        Effect.promise(dispose),
        Effect.sync(() => server.close())
      )
  )
  yield* Effect.log(`Listening on http://127.0.0.1:${listening}`)
})

NodeRuntime.runMain(Layer.launch(Layer.scopedDiscard(server)))
