/** The sandbox's control surface, as the demo drives it: over HTTP, with the credential. */

import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { ControlApi } from "@effect-yunmo/sandbox/ControlApi"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"

const client = (options: { readonly url: string; readonly credential: Redacted.Redacted<string> }) =>
  HttpApiClient.make(ControlApi, {
    baseUrl: options.url,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(options.credential))
  })

export class Control extends Context.Tag("@effect-yunmo/demo-app/Control")<
  Control,
  Effect.Effect.Success<ReturnType<typeof client>>
>() {}

export const layer = (
  options: Parameters<typeof client>[0]
): Layer.Layer<Control, never, HttpClient.HttpClient> => Layer.effect(Control, client(options))
