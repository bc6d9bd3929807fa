import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { ControlApi, ControlCredential } from "../ControlApi.js"
import { Sandbox } from "../Sandbox.js"
import { BadControlInput, ControlForbidden, ControlUnauthorized, StoreUnusable } from "../SandboxError.js"
import * as Guard from "./guard.js"
import * as Page from "./page.js"
import { pathOf } from "./requestPath.js"

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
      .handle("state", ({ urlParams }) => sandbox.findState(urlParams))
      .handle("ledger", ({ path }) => sandbox.ledger(path.cardId))
      .handle("deliveries", ({ urlParams }) => sandbox.findDeliveries(urlParams))
      .handle("summary", () => sandbox.summary)
      .handle("calls", ({ urlParams: { last = Number.POSITIVE_INFINITY } }) =>
        Effect.map(sandbox.calls, ({ counts, latest }) => ({ counts, latest: latest.slice(-last) }))
      )
      .handle("rules", () => sandbox.rules)
      .handle("faults", () => sandbox.faults)
      .handle("clock", () => sandbox.clock)
      .handle("snapshots", () => sandbox.snapshots)
      .handle("cardKey", ({ urlParams }) => sandbox.cardKey(urlParams.merchantNo))
  )
)

const badInput = (message: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(new BadControlInput({ message }), { status: 400 })

export const storeUnusable = (error: StoreUnusable): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(error, { status: 500 })

/** Names the fields; what stood in them the caller knows. */
const sentenceOf = ({ issues }: HttpApiDecodeError): string =>
  `The input does not fit: ${issues
    .map(({ message, path }) => `${path.map(String).join(".") || "the body"}: ${message}`)
    .join("; ")}.`

/** `HttpApi` gives bad input as a tree over several lines, and treats a body that is no JSON as a defect, as the store is when it fails. */
const inSentences = HttpApiBuilder.middleware((httpApp: HttpApp.Default) =>
  Effect.catchAllCause(httpApp, (cause) => {
    const error = Cause.squash(cause)
    return error instanceof HttpApiDecodeError
      ? Effect.succeed(badInput(sentenceOf(error)))
      : HttpServerError.isServerError(error) && error._tag === "RequestError"
        ? Effect.succeed(
            badInput("The body is not JSON; send one JSON object with content-type application/json.")
          )
        : error instanceof StoreUnusable
          ? Effect.succeed(storeUnusable(error))
          : Effect.failCause(cause)
  })
)

/** Nobody may keep what it says, nor take it for anything else. */
const always = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const headed = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(
    response,
    response.status === 401 ? { ...always, "www-authenticate": "Bearer" } : always
  )

/**
 * The control surface as an app: the routes, and two pages about them that hold no data and want no credential. Its router is its
 * own: the one that `HttpApiBuilder` would share belongs to whoever else serves an API beside the sandbox.
 */
export const app: Effect.Effect<HttpApp.Default, never, Sandbox | Scope.Scope> = Effect.gen(function* () {
  const { allowsRemoteControl } = yield* Sandbox
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
  const routes = Effect.provide(yield* Effect.provide(HttpApiBuilder.httpApp, context), context)
  const pages = new Map<string, HttpApp.Default>([
    ["/_sandbox/", yield* Effect.cached(Page.status)],
    ["/_sandbox/docs", yield* Effect.cached(Effect.uninterruptible(Effect.provide(Page.docs, context)))],
    [
      "/_sandbox/openapi.json",
      yield* Effect.cached(Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(ControlApi))))
    ],
    ["/_sandbox", Effect.succeed(HttpServerResponse.redirect("/_sandbox/", { status: 308 }))]
  ])
  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refusal = Guard.refusalOf(request, allowsRemoteControl)
    if (refusal !== undefined) {
      return HttpServerResponse.unsafeJson(new ControlForbidden({ message: refusal }), { status: 403 })
    }
    const reads = request.method === "GET" || request.method === "HEAD"
    return yield* (reads ? pages.get(pathOf(request.url)) : undefined) ?? routes
  }).pipe(Effect.map(headed))
})
