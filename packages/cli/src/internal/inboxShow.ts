/** What `yunmo inbox show` tells of a message: everything but its secrets, or on demand the message itself. */

import * as InboxRow from "@effect-yunmo/notifications/InboxRow"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Notification from "@effect-yunmo/schema/Notification"
import { type JsonValue, read } from "@effect-yunmo/signing/RawMessage"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CallSecrets from "./callSecrets.js"
import { printable } from "./values.js"

export interface Message {
  /** The sentence of what keeps it from being decoded now. */
  readonly problem: string | undefined
  /** Without its secrets; nothing where it cannot be read at all. */
  readonly shown: JsonValue | undefined
  readonly hidden: number
  /** As it came, when it was asked for and can be decrypted. */
  readonly raw: string | undefined
}

const noLimits = {
  maxBytes: Number.POSITIVE_INFINITY,
  maxDepth: Number.POSITIVE_INFINITY,
  maxKeys: Number.POSITIVE_INFINITY
}

const dtoOf = (contract: Contract.ContractService, eventType: string) =>
  Option.flatMap(Contract.meaningOf(contract, "eventType", eventType), (meaning) =>
    Option.fromNullable(Object.values(Notification.kinds).find((kind) => kind.meaning === meaning)?.data)
  )

/** By the contract of now, which may know more than the one under which it was kept. */
export const message = (row: InboxRow.Row, isRaw: boolean): Effect.Effect<Message> =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    const problem = yield* Effect.match(InboxRow.decode(row), {
      onFailure: (error) => error.message,
      onSuccess: ({ _tag }) =>
        _tag === "Unknown" ? "The contract does not know this event type." : undefined
    })
    if (Either.isLeft(row.raw)) {
      return { problem, shown: undefined, hidden: 0, raw: undefined }
    }
    const bytes = Redacted.value(row.raw.right)
    const raw = isRaw ? Buffer.from(bytes).toString("utf8") : undefined
    const result = read(bytes, noLimits)
    if (result._tag === "Unreadable") {
      return { problem, shown: undefined, hidden: 0, raw }
    }
    const dto = Option.getOrUndefined(dtoOf(contract, row.eventType))
    const { data, hidden } = CallSecrets.notification(contract, dto, result.message.value)
    return { problem, shown: data, hidden, raw }
  })

/** For a person, below the row. */
export const tell = ({ problem, raw, shown }: Message): string =>
  [
    ...(problem === undefined ? [] : [`now       ${printable(problem)}\n`]),
    ...(shown === undefined
      ? []
      : [`message   ${JSON.stringify(shown, undefined, 2).split("\n").map(printable).join("\n")}\n`]),
    ...(raw === undefined ? [] : [`as it came, with its secrets:\n${printable(raw)}\n`])
  ].join("")
