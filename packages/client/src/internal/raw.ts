import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import type { JsonObject, JsonValue } from "@effect-yunmo/signing/RawMessage"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { type CallError, RequestInvalid } from "../ClientError.js"
import * as Outcome from "../Outcome.js"
import type * as Raw from "../Raw.js"
import type { Caller, Request } from "./call.js"
import type { Target } from "./transport.js"

/** What may not go past its journal or session, and the method that takes it there. */
const guarded: Readonly<Partial<Record<Operation.Name, string>>> = {
  login: "auth.login",
  createVirtualCard: "cards.createVirtual",
  adjustBalance: "cards.adjustBalance"
}

/** Servers often take `/Card/Recharge/` for `/card/recharge`: what is guarded is guarded under both. */
const sameForServers = (path: string): string => path.toLowerCase().replace(/\/+$/, "")

/** Segments of plain characters: an escape, a query or a step upwards could name another path than it seems to. */
const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+\/?$/

const isSecret = (value: Raw.Value): value is Redacted.Redacted<string> => Redacted.isRedacted(value)
const isList = (value: Raw.Value): value is ReadonlyArray<Raw.Value> => Array.isArray(value)

const unwrapped = (value: Raw.Value): JsonValue =>
  isSecret(value)
    ? Redacted.value(value)
    : isList(value)
      ? value.map(unwrapped)
      : typeof value === "object" && value !== null
        ? objectOf(value)
        : value

const objectOf = (data: Raw.Data): JsonObject =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, unwrapped(value)]))

/** Any operation by name or path: signed, sent and judged as the others are, and its data left as it stands. */
export const make = (contract: Contract.ContractService, caller: Caller) => {
  const nameOf = (path: string): Operation.Name | undefined =>
    Operation.all.find(({ name }) => sameForServers(contract.paths[name].path) === sameForServers(path))?.name

  const refused = (operation: string, path: string, problem: string) =>
    new RequestInvalid({ operation, problems: [{ path, problem }] })

  const decode: Target<Raw.Answer>["decode"] = ({ code, data, msg, text, timestamp }) =>
    Either.right({ code, msg, timestamp, data: Redacted.make(data), text: Redacted.make(text) })

  const requestOf = (
    given: string,
    data: Raw.Data,
    { safety }: Raw.Options
  ): Effect.Effect<Request<Raw.Answer> & { readonly retried: boolean }, RequestInvalid> => {
    const name = Operation.all.find((one) => one.name === given)?.name ?? nameOf(given)
    if (name === undefined && !given.startsWith("/")) {
      return refused(
        given,
        "",
        "is neither an operation of the table nor a path, which begins with / (as in /card/label)"
      )
    }
    if (name === undefined && !plainPath.test(given)) {
      return refused(given, "", "a path is segments of letters, digits, dots, dashes, underscores and tildes")
    }
    const method = name === undefined ? undefined : guarded[name]
    if (name !== undefined && method !== undefined) {
      return refused(
        name,
        "",
        `it goes by ${method} only, which ${name === "login" ? "keeps the session" : "writes it down before it is sent"}`
      )
    }
    const table = name === undefined ? undefined : Operation.operations[name]
    if (table !== undefined && safety !== undefined) {
      return refused(table.name, "safety", `is the table's (${table.safety}) and cannot be chosen`)
    }
    const known = name === undefined ? undefined : contract.paths[name]
    const operation = name ?? given
    const chosen: Operation.Safety = table?.safety ?? (safety === "read" ? "read" : "creating")
    return Effect.succeed({
      operation,
      ...(table === undefined ? {} : { section: table.section }),
      retried: chosen === "read" || chosen === "idempotent",
      target: () =>
        Either.right({
          operation,
          safety: chosen,
          path: known?.path ?? given,
          pathSource: known?.source ?? "MERCHANT",
          exempt: name === undefined ? [] : Contract.exemptOf(contract, name),
          input: data,
          data: objectOf(data),
          decode
        })
    })
  }

  return (
    operation: string,
    data: Raw.Data,
    options: Raw.Options = {}
  ): Effect.Effect<Outcome.Outcome<Raw.Answer>, CallError> =>
    Effect.flatMap(requestOf(operation, data, options), (call) =>
      call.retried
        ? Effect.map(caller.retried(call), (value) => new Outcome.Done({ value }))
        : caller.once(call, {
            key: "",
            advice: `Do not send it again before you know: ask with a read of the vendor's that tells what ${call.operation} does.`
          })
    )
}
