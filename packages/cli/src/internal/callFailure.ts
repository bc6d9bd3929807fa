/** What `yunmo call` says when a call has not succeeded, and the exit code that tells whether anything may have happened. */

import type { CallError, OutcomeUnknown } from "@effect-yunmo/client/ClientError"
import type * as Operation from "@effect-yunmo/schema/Operation"
import type { Answer } from "./answer.js"
import type { Known } from "./callSecrets.js"
import { time } from "./lines.js"
import { printable } from "./values.js"

/** The operations whose lost answer can be asked for, and where. */
const tells: Readonly<Partial<Record<Operation.Name, Operation.Name>>> = {
  createCustomer: "queryCustomer",
  submitKyc: "getKycStatus",
  bindPhysicalCard: "listCustomerCards",
  activatePhysicalCard: "getCardDetail",
  freezeCard: "getCardDetail",
  unfreezeCard: "getCardDetail",
  destroyCard: "getCardDetail"
}

/** What a person does about a call of which nobody knows whether it was executed. */
const settle = (operation: Known | undefined): string => {
  if (operation === undefined) {
    return "Do not send it again before you know: ask with a read of the vendor's that tells what it does."
  }
  const query = tells[operation.name]
  if (operation.safety === "decision") {
    return "Do not send it again: the transaction that follows shows what was decided."
  }
  const ask = query === undefined ? "" : `yunmo call ${query} tells`
  return operation.safety === "idempotent"
    ? `Sending it again does what the first did${ask === "" ? "" : `; ${ask} whether it is needed`}.`
    : `Do not send it again before you know: ${ask === "" ? "ask YUNMO" : ask}.`
}

interface Said {
  readonly code?: string
  readonly msg?: string
  readonly timestamp?: number | undefined
}

const failed = (error: string, sentence: string, exitCode: number, said: Said = {}): Answer => {
  const { code, msg, timestamp } = said
  const rows = [
    ...(code === undefined ? [] : [`code  ${printable(code)}`]),
    ...(msg === undefined ? [] : [`msg   ${printable(msg)}`]),
    ...(code === undefined || timestamp === undefined ? [] : [`time  ${time(timestamp)}`])
  ]
  return {
    text: rows.map((row) => `${row.trimEnd()}\n`).join(""),
    json: { error: { code: error, message: sentence }, ...said },
    notes: [printable(sentence)],
    exitCode
  }
}

/** Exit code 3. */
const unknown = (name: string, operation: Known | undefined, reason: string, said: Said = {}): Answer =>
  failed(
    "OutcomeUnknown",
    `Whether ${name} was executed is not known; it may have been. ${reason} ${settle(operation)}`,
    3,
    said
  )

export const lost = (operation: Known | undefined, error: OutcomeUnknown): Answer =>
  unknown(error.operation, operation, error.reason, {
    ...(error.code === undefined ? {} : { code: error.code }),
    timestamp: error.vendorTime
  })

/**
 * What the vendor says of a read, or refuses before execution, is 1. Where there is no answer, and nothing can have been
 * changed, it is 2. An operation that the client repeats by itself may have been executed by an attempt before.
 */
export const of = (name: string, operation: Known | undefined, isRead: boolean, error: CallError): Answer => {
  if (error._tag === "RequestInvalid") {
    const problems = error.problems.map(({ path, problem }) => (path === "" ? problem : `${path} ${problem}`))
    return failed(error._tag, `${error.operation} was not sent: ${problems.join("; ")}.`, 2)
  }
  const said =
    "vendorMessage" in error
      ? { code: error.code, msg: error.vendorMessage, timestamp: error.vendorTime }
      : undefined
  if (error.operation !== name) {
    return failed(error._tag, `${error.message} ${name} was not sent.`, said === undefined ? 2 : 1, said)
  }
  const isRefused = "refused" in error && error.refused
  const sentBefore = error.attempt > 1
  if (!isRead && (sentBefore || !(isRefused || error._tag === "LimitReached"))) {
    return unknown(name, operation, error.message, said)
  }
  return failed(error._tag, error.message, said === undefined ? 2 : 1, said)
}
