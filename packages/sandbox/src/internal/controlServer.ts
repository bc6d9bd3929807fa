import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { ControlApi, ControlCredential } from "../ControlApi.js"
import { Sandbox } from "../Sandbox.js"
import { BadControlInput, ControlUnauthorized } from "../SandboxError.js"

const credential = Layer.effect(
  ControlCredential,
  Effect.map(Sandbox, (sandbox) => ({
    bearer: (given) =>
      Effect.flatMap(sandbox.admits(given), (admitted) =>
        admitted
          ? Effect.void
          : new ControlUnauthorized({
              message: "Send the control credential as Authorization: Bearer <credential>."
            })
      )
  }))
)

const health = HttpApiBuilder.group(ControlApi, "health", (handlers) =>
  handlers.handle("health", () => Effect.succeed({ status: "ok", app: "sandbox" } as const))
)

const triggers = HttpApiBuilder.group(ControlApi, "triggers", (handlers) =>
  Effect.map(Sandbox, (sandbox) =>
    handlers
      .handle("setCallback", ({ payload }) => sandbox.setCallback(payload))
      .handle("setMerchantEnabled", ({ payload }) => sandbox.setMerchantEnabled(payload))
      .handle("reviewKyc", ({ payload }) => sandbox.reviewKyc(payload))
      .handle("finishLiveness", ({ payload }) => sandbox.finishLiveness(payload))
      .handle("makePhysicalCard", ({ payload }) => sandbox.makePhysicalCard(payload))
      .handle("authorize", ({ payload }) => sandbox.authorize(payload))
      .handle("additionalAuthorize", ({ payload }) => sandbox.additionalAuthorize(payload))
      .handle("settle", ({ payload }) => sandbox.settle(payload))
      .handle("cancel", ({ payload }) => sandbox.cancel(payload))
      .handle("refund", ({ payload }) => sandbox.refund(payload))
      .handle("transaction", ({ payload }) => sandbox.transaction(payload))
      .handle("requestThreeDs", ({ payload }) => sandbox.requestThreeDs(payload))
      .handle("finishOrder", ({ payload }) => sandbox.finishOrder(payload))
  )
)

const settings = HttpApiBuilder.group(ControlApi, "settings", (handlers) =>
  Effect.map(Sandbox, (sandbox) =>
    handlers
      .handle("setRules", ({ payload }) => sandbox.setRules(payload))
      .handle("setFaults", ({ payload }) => sandbox.setFaults(payload))
      .handle("moveClock", ({ payload }) => sandbox.moveClock(payload))
      .handle("takeSnapshot", ({ payload }) => sandbox.takeSnapshot(payload))
      .handle("restoreSnapshot", ({ payload }) => sandbox.restoreSnapshot(payload))
      .handle("reset", () => sandbox.reset)
  )
)

const views = HttpApiBuilder.group(ControlApi, "views", (handlers) =>
  Effect.map(Sandbox, (sandbox) =>
    handlers
      .handle("state", () => sandbox.state)
      .handle("ledger", ({ path }) => sandbox.ledger(path.cardId))
      .handle("deliveries", ({ urlParams }) => sandbox.findDeliveries(urlParams))
      .handle("summary", () => sandbox.summary)
      .handle("calls", () => sandbox.calls)
      .handle("rules", () => sandbox.rules)
      .handle("faults", () => sandbox.faults)
      .handle("clock", () => sandbox.clock)
      .handle("snapshots", () => sandbox.snapshots)
      .handle("cardKey", ({ urlParams }) => sandbox.cardKey(urlParams.merchantNo))
  )
)

const badInput = (message: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(new BadControlInput({ message }), { status: 400 })

/** Names the fields; what stood in them the caller knows. */
const sentenceOf = ({ issues }: HttpApiDecodeError): string =>
  `The input does not fit: ${issues
    .map(({ message, path }) => `${path.map(String).join(".") || "the body"}: ${message}`)
    .join("; ")}.`

/** `HttpApi` gives bad input as a tree over several lines, and treats a body that is no JSON as a defect. */
const inSentences = HttpApiBuilder.middleware((httpApp: HttpApp.Default) =>
  Effect.catchAllCause(httpApp, (cause) => {
    const error = Cause.squash(cause)
    return error instanceof HttpApiDecodeError
      ? Effect.succeed(badInput(sentenceOf(error)))
      : HttpServerError.isServerError(error) && error._tag === "RequestError"
        ? Effect.succeed(
            badInput("The body is not JSON; send one JSON object with content-type application/json.")
          )
        : Effect.failCause(cause)
  })
)

/**
 * The control surface as an app. Its router is its own: the one that `HttpApiBuilder` would share belongs to whoever
 * else serves an API beside the sandbox.
 */
export const app: Effect.Effect<HttpApp.Default, never, Sandbox | Scope.Scope> = Effect.gen(function* () {
  const build = Layer.fresh(
    Layer.mergeAll(HttpApiBuilder.api(ControlApi), inSentences).pipe(
      Layer.provide([health, triggers, settings, views]),
      Layer.provide(credential),
      Layer.provideMerge(HttpApiBuilder.Router.Live),
      Layer.provideMerge(HttpApiBuilder.Middleware.layer),
      Layer.provideMerge(HttpServer.layerContext)
    )
  )
  const context = yield* Layer.build(build)
  const httpApp = yield* Effect.provide(HttpApiBuilder.httpApp, context)
  return Effect.map(Effect.provide(httpApp, context), (response) =>
    response.status === 401 ? HttpServerResponse.setHeader(response, "www-authenticate", "Bearer") : response
  )
})
