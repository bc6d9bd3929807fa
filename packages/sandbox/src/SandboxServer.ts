/**
 * The sandbox over HTTP: the vendor's API at the contract's paths, and the control surface under `/_sandbox`. What the
 * vendor answers is HTTP 200 with a code; only what never reaches it is an HTTP error: an unknown path 404, another
 * method 405, another content type 415, a body over 8 MiB 413.
 *
 * The control surface answers callers on this machine only, unless `allowRemoteControl` is set, and no page of another site; everybody
 * else gets 403. `/_sandbox/` is a page that shows the sandbox to a person, `/_sandbox/docs` one that describes the routes.
 *
 * @since 0.1.0
 */

import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ControlServer from "./internal/controlServer.js"
import * as HangUp from "./internal/hangUp.js"
import { bodyOf } from "./internal/requestBody.js"
import { isControlPath, pathOf } from "./internal/requestPath.js"
import { Sandbox } from "./Sandbox.js"
import { StoreUnusable } from "./SandboxError.js"

const isJson = (contentType: string | undefined): boolean =>
  contentType?.split(";")[0]?.trim().toLowerCase() === "application/json"

/**
 * The sandbox in the context, on the server in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<never, never, Sandbox | HttpServer.HttpServer> = Layer.scopedDiscard(
  Effect.gen(function* () {
    const sandbox = yield* Sandbox
    const contract = yield* Contract.Contract
    const control = yield* ControlServer.app
    const operations = new Map(Operation.all.map(({ name }) => [contract.paths[name].path, name]))

    const app = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const path = pathOf(request.url)
      if (isControlPath(path)) {
        return yield* control
      }
      const operation = operations.get(path)
      if (operation === undefined) {
        return HttpServerResponse.text("Not Found", { status: 404 })
      }
      if (request.method !== "POST") {
        return HttpServerResponse.text("Method Not Allowed", { status: 405, headers: { allow: "POST" } })
      }
      if (!isJson(request.headers["content-type"])) {
        return HttpServerResponse.text("Unsupported Media Type", { status: 415 })
      }
      const body = yield* bodyOf(request)
      const reply = yield* sandbox.reply(operation, body, Option.getOrUndefined(request.remoteAddress))
      switch (reply._tag) {
        case "Answered":
          return HttpServerResponse.unsafeJson(reply.answer)
        case "Text":
          return HttpServerResponse.text(reply.text, { status: reply.status, contentType: reply.contentType })
        case "Closed":
          return yield* HangUp.hangUp(request, reply.reset)
      }
    }).pipe(
      Effect.catchSomeDefect((defect) =>
        // The store has said so itself.
        defect instanceof StoreUnusable
          ? Option.some(Effect.succeed(ControlServer.storeUnusable(defect)))
          : Option.none()
      ),
      Effect.tapDefect((cause) => Effect.logError("The sandbox has a defect; please report it.", cause)),
      Effect.catchTag("BodyTooLarge", () => HttpServerResponse.text("Content Too Large", { status: 413 })),
      Effect.catchTag("RequestError", () => HttpServerResponse.text("Bad Request", { status: 400 }))
    )
    yield* HttpServer.serveEffect(app)
  })
)
