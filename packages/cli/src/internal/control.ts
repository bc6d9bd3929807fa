/** The control surface of a running sandbox, as `yunmo trigger` and `yunmo inspect` reach it. */

import * as HttpApiClient from "@effect/platform/HttpApiClient"
import type { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, ResponseError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as NodeServer from "@effect-yunmo/node/NodeServer"
import { ControlApi } from "@effect-yunmo/sandbox/ControlApi"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import type {
  BadControlInput,
  ControlForbidden,
  ControlUnauthorized,
  MoveRefused,
  StoreUnusable
} from "@effect-yunmo/sandbox/SandboxError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import { CommandFailed } from "./failure.js"
import type { Option } from "./words.js"

const defaultUrl = "http://127.0.0.1:8788"

export const sandboxUrl: Option = {
  flag: "--sandbox-url",
  value: "url",
  about: `where the sandbox is; SANDBOX_URL, or ${defaultUrl}, unless given`
}

/** Everything that a call may fail with. */
export type Failure =
  | MoveRefused
  | BadControlInput
  | ControlForbidden
  | ControlUnauthorized
  | StoreUnusable
  | HttpApiDecodeError
  | HttpClientError
  | ParseError

const fail = (code: string, sentence: string, exitCode?: number): CommandFailed =>
  new CommandFailed(exitCode === undefined ? { code, sentence } : { code, sentence, exitCode })

const settings = Config.all({
  url: Config.string("SANDBOX_URL").pipe(Config.withDefault(defaultUrl)),
  credential: Config.redacted("SANDBOX_CONTROL_TOKEN").pipe(Config.withDefault(Sandbox.development.control))
})

/** What has no answer of the sandbox's in it, for which its decoder would have no word but that it does not fit. */
const refuseFailed = (response: HttpClientResponse) =>
  response.status < 500 || response.headers["content-type"]?.startsWith("application/json") === true
    ? Effect.succeed(response)
    : new ResponseError({ request: response.request, response, reason: "StatusCode" })

const make = ({
  credential,
  url
}: {
  readonly credential: Redacted.Redacted<string>
  readonly url: string
}) =>
  HttpApiClient.make(ControlApi, {
    baseUrl: url,
    transformClient: (client) =>
      client.pipe(
        HttpClient.mapRequest(HttpClientRequest.bearerToken(credential)),
        HttpClient.transformResponse(Effect.flatMap(refuseFailed))
      )
  })

export type Client = Effect.Effect.Success<ReturnType<typeof make>>

/** The credential goes there with every call. */
const checkUrl = (text: string): Effect.Effect<string, CommandFailed> => {
  const wrong = (why: string) =>
    fail(
      "SandboxUrlInvalid",
      `The sandbox's URL (--sandbox-url or SANDBOX_URL) ${why}; write one such as ${defaultUrl}.`
    )
  if (!URL.canParse(text)) {
    return wrong("is no URL")
  }
  const { hash, hostname, origin, password, pathname, protocol, search, username } = new URL(text)
  if (username !== "" || password !== "" || search !== "" || hash !== "") {
    return wrong("has more than a host and a path")
  }
  if (protocol !== "https:" && protocol !== "http:") {
    return wrong("begins with neither http:// nor https://")
  }
  if (protocol === "http:" && !NodeServer.isLoopback(hostname)) {
    return wrong("is plain http:// to another machine, where the control credential could be read on the way")
  }
  return Effect.succeed(`${origin}${pathname.replace(/\/+$/, "")}`)
}

/** What a header can hold. */
const checkCredential = (credential: Redacted.Redacted<string>): Effect.Effect<void, CommandFailed> =>
  /^[\x21-\x7e]+$/.test(Redacted.value(credential))
    ? Effect.void
    : fail(
        "SettingInvalid",
        "SANDBOX_CONTROL_TOKEN has a blank or another character in it that no HTTP header can hold; set the credential alone."
      )

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown"

/** The sandbox points to its own routes, which are commands here. */
const asCommand = (message: string): string =>
  message.replaceAll(/\bGET \/_sandbox\/(state|snapshots)\b/g, "yunmo inspect $1")

/** What a person is told, and with what the program ends: 1 where the sandbox said no, 2 where it could not be asked, 3 where it failed. */
const told =
  (url: string) =>
  (failure: Failure): CommandFailed => {
    const notOne = fail(
      "NoSandbox",
      `What answers at ${url} is not a sandbox, or one of another version; say with --sandbox-url where it is.`
    )
    switch (failure._tag) {
      case "MoveRefused":
        return fail(failure._tag, asCommand(failure.message), 1)
      case "ControlUnauthorized":
        return fail(
          failure._tag,
          `The sandbox at ${url} has another control credential; set SANDBOX_CONTROL_TOKEN to the one it was started with.`
        )
      case "BadControlInput":
      case "ControlForbidden":
        return fail(failure._tag, failure.message)
      case "RequestError": {
        const code = codeOf(failure.cause)
        return code === "ECONNREFUSED"
          ? fail(
              "NotRunning",
              `Nothing listens at ${url}; start a sandbox with yunmo sandbox, or say with --sandbox-url where one is.`
            )
          : fail(
              "NotReachable",
              `The sandbox at ${url} cannot be reached (${code}); look whether it runs, and say with --sandbox-url where it is.`
            )
      }
      case "StoreUnusable":
        return fail(failure._tag, failure.message, 3)
      case "ResponseError":
        return failure.response.status >= 500
          ? fail(
              "SandboxFailed",
              `The sandbox at ${url} failed (HTTP ${failure.response.status}) and may have done it all the same; look at its log, which says why.`,
              3
            )
          : notOne
      case "HttpApiDecodeError":
      case "ParseError":
        return notOne
    }
  }

const patience = "60 seconds"

/** Asks the sandbox. */
export const ask = <A>(
  urlGiven: string | undefined,
  call: (client: Client) => Effect.Effect<A, Failure>
): Effect.Effect<A, CommandFailed, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const given = yield* Effect.mapError(settings, () =>
      fail("SettingInvalid", "The setting SANDBOX_URL or SANDBOX_CONTROL_TOKEN cannot be read.")
    )
    const url = yield* checkUrl(urlGiven ?? given.url)
    yield* checkCredential(given.credential)
    const client = yield* make({ credential: given.credential, url })
    return yield* call(client).pipe(
      Effect.mapError(told(url)),
      Effect.timeoutFail({
        duration: patience,
        onTimeout: () =>
          fail(
            "NoAnswer",
            `The sandbox at ${url} gave no answer within ${patience}, and may have done it all the same; yunmo inspect shows it.`
          )
      })
    )
  })
