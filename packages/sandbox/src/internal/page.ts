/** The two pages of the control surface: what it says, and how a browser may run it. */

import type * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as Body from "@effect/platform/HttpBody"
import type * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Magic from "../Magic.js"
import { script, style } from "./pageParts.generated.js"

const hashOf = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (bytes) => `'sha256-${Encoding.encodeBase64(new Uint8Array(bytes))}'`
  )

/** Nothing but what stands in the page, and calls to where it came from. */
const policyOf = (scripts: ReadonlyArray<string>, style: string): string =>
  [
    "default-src 'none'",
    `script-src ${scripts.join(" ")}`,
    `style-src ${style}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

const page = (html: string, policy: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(html, {
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "x-frame-options": "DENY"
    }
  })

const escaped = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (character) =>
      ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[character] ?? character
  )

/** As the outcomes are written: names between backticks. */
const withCode = (text: string): string => escaped(text).replace(/`([^`]*)`/g, "<code>$1</code>")

const magicRows = Magic.values
  .map(
    ({ field, outcome, value, where }) =>
      `<tr><td>${escaped(where)}</td><td>${escaped(field)}</td><td><code>${escaped(value)}</code></td><td>${withCode(outcome)}</td></tr>`
  )
  .join("\n")

const section = (id: string, title: string, content: string): string =>
  `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`

const listSection = (id: string, title: string): string => section(id, title, `<div id="${id}-list"></div>`)

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%238a5200'/%3E%3Crect x='3' y='5' width='10' height='6' rx='1' fill='%23fff'/%3E%3C/svg%3E"

const statusHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>effect-yunmo sandbox (not YUNMO)</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<header>
<h1>effect-yunmo sandbox</h1>
<p class="notice"><strong>This is not YUNMO.</strong> It plays their card-issuing API on your machine, for tests and first steps; what they have not documented is proposed. No card here pays for anything.</p>
<nav aria-label="More"><a href="docs">All routes</a><a href="openapi.json">OpenAPI</a></nav>
</header>
<main>
<form id="door">
<label for="credential">Control credential</label>
<div class="entry"><input id="credential" type="password" autocomplete="off" spellcheck="false" required aria-describedby="hint"><button>Show</button></div>
<p id="hint" class="hint">The one that this sandbox was started with. It stays in the memory of this page, and is gone when you leave it.</p>
</form>
<p id="said" role="status"></p>
<div id="shown" hidden>
<div class="bar"><button id="refresh" type="button">Refresh</button><label><input id="auto" type="checkbox" checked> every 2 seconds</label><button id="leave" type="button">Forget the credential</button><span id="as-of"></span></div>
${section(
  "clock",
  "Clock",
  `<p id="clock-now"></p><p id="clock-next"></p>
<div class="bar" role="group" aria-label="Move the clock forward"><span>Forward by</span><button type="button" data-by="60">1 minute</button><button type="button" data-by="600">10 minutes</button><button type="button" data-by="86400">1 day</button></div>`
)}
${section("summary", "In figures", '<dl id="figures"></dl><div id="merchants"></div>')}
${listSection("faults", "Faults in force")}
${section("deliveries", "Notifications", '<p id="deliveries-note" class="count"></p><div id="deliveries-list"></div>')}
${listSection("calls", "Calls")}
${listSection("customers", "Customers")}
${listSection("cards", "Cards")}
${listSection("orders", "Orders")}
${listSection("transactions", "Transactions")}
${section(
  "magic",
  "Magic values",
  `<p id="magic-off" hidden>They are switched off: the rule <code>magic</code> is false.</p>
<p class="count">Values that force an outcome, without any configuration.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Magic values"><table>
<thead><tr><th scope="col">Where</th><th scope="col">Field</th><th scope="col">Value</th><th scope="col">What happens</th></tr></thead>
<tbody>
${magicRows}
</tbody>
</table></div>`
)}
<p class="hint">Times are UTC, by the sandbox's clock.</p>
</div>
<noscript><p class="notice">This page needs JavaScript. Without it, ask the routes directly: they answer JSON.</p></noscript>
</main>
<script type="module">${script}</script>
</body>
</html>
`

export const status: Effect.Effect<HttpServerResponse.HttpServerResponse> = Effect.gen(function* () {
  const policy = policyOf([yield* hashOf(script)], yield* hashOf(style))
  return page(statusHtml, `${policy}; require-trusted-types-for 'script'`)
})

const textOf = (body: Body.HttpBody): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

/** As a browser finds them: each ends at the first end tag. */
const scriptsOf = (html: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(/<script>([\s\S]*?)<\/script/g), ([, text = ""]) => text)

/**
 * Swagger UI as `HttpApiSwagger` gives it, whole and offline. It is 2 MB of text, so it is imported when somebody looks at it
 * first, and kept from then on.
 */
export const docs: Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  never,
  HttpApi.Api | HttpRouter.HttpRouter.DefaultServices
> = Effect.gen(function* () {
  const swagger = yield* Effect.promise(() => import("@effect/platform/HttpApiSwagger"))
  const router = Layer.fresh(
    swagger.layer({ path: "/docs" }).pipe(Layer.provideMerge(HttpApiBuilder.Router.Live))
  )
  const { body } = yield* Effect.flatMap(HttpApiBuilder.Router.router, (app) => app).pipe(
    Effect.provide(router),
    Effect.provideService(
      HttpServerRequest.HttpServerRequest,
      HttpServerRequest.fromWeb(new Request("http://localhost/docs"))
    ),
    Effect.scoped,
    Effect.orDie
  )
  const html = textOf(body)
  // It writes styles of its own into the page as it goes.
  const policy = policyOf(yield* Effect.forEach(scriptsOf(html), hashOf), "'unsafe-inline'")
  return page(html, policy)
})
