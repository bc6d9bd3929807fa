import { request } from "node:http"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { baseUrl, control } from "./vendor.js"

/** An answer of the vendor's API: HTTP status, and what stands in the body. */
const Answer = Schema.parseJson(
  Schema.Struct({ code: Schema.String, msg: Schema.String, timestamp: Schema.Number, data: Schema.Unknown })
)

const json = { "content-type": "application/json" }

/** A request as any HTTP client would send it. */
export const http = (path: string, init: RequestInit) =>
  Effect.gen(function* () {
    const url = yield* baseUrl
    return yield* Effect.promise(async () => {
      const response = await fetch(`${url}${path}`, init)
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text: await response.text()
      }
    })
  })

/** The vendor's answer to this body. */
export const post = (path: string, body: string | Uint8Array<ArrayBuffer>) =>
  Effect.gen(function* () {
    const { status, text } = yield* http(path, { method: "POST", headers: json, body })
    return { status, ...(yield* Schema.decode(Answer)(text)) }
  })

const JsonText = Schema.parseJson(Schema.Unknown)

/** A call of the control surface, with the right credential unless another is given. */
export const controls = (
  method: "GET" | "POST",
  path: string,
  body?: unknown,
  credential: string | undefined = control
) =>
  Effect.gen(function* () {
    const { headers, status, text } = yield* http(`/_sandbox${path}`, {
      method,
      headers: { ...json, ...(credential === "" ? {} : { authorization: `Bearer ${credential}` }) },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
    return { status, headers, body: text === "" ? undefined : yield* Schema.decode(JsonText)(text) }
  })

/** A request whose every header is as given, `host` too, which `fetch` would set itself. */
export const asked = (method: string, path: string, headers: Readonly<Record<string, string>>, body = "") =>
  Effect.flatMap(baseUrl, (url) =>
    Effect.async<{ readonly status: number | undefined; readonly text: string }>((resume) => {
      const { hostname, port } = new URL(url)
      const sent = request({ method, path, hostname, port, headers, setHost: false }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () =>
          resume(
            Effect.succeed({ status: response.statusCode, text: Buffer.concat(chunks).toString("utf8") })
          )
        )
      })
      sent.on("error", (cause) => resume(Effect.die(cause)))
      sent.end(body)
    })
  )
