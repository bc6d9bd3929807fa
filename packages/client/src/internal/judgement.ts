import { type CallError, OutcomeUnknown } from "../ClientError.js"

/** How a lost answer is settled, told to whoever meets it. */
export interface Settlement {
  /** The key it can be asked by; empty when there is none. */
  readonly key: string
  readonly advice: string
}

/**
 * Only a listed code that refuses before execution, input that was never sent, or a login that failed say so. The rest
 * (no answer, an answer nobody can read, any other code or HTTP status) says nothing about money.
 */
export const nothingExecuted = (name: string, error: CallError): boolean =>
  error.operation !== name ||
  error._tag === "RequestInvalid" ||
  error._tag === "LimitReached" ||
  ("refused" in error && error.refused)

export const unknown = (name: string, { advice, key }: Settlement, error: CallError): OutcomeUnknown =>
  new OutcomeUnknown({
    operation: name,
    attempt: "attempt" in error ? error.attempt : 1,
    key,
    settle: advice,
    reason: error.message,
    ...("code" in error ? { code: error.code } : {}),
    ...("vendorTime" in error && error.vendorTime !== undefined ? { vendorTime: error.vendorTime } : {})
  })

/** What another try of a harmless call may mend: the network, the vendor's own trouble, a truncated answer. */
export const worthRepeating =
  (name: string) =>
  (error: CallError): boolean => {
    // A failed login has had its own repeats.
    if (error.operation !== name) {
      return false
    }
    switch (error._tag) {
      case "TransportFailed":
        return true
      case "RequestTimedOut":
        // After the deadline there is no other try.
        return error.limit !== "deadline"
      case "HttpStatusUnexpected":
        return error.status >= 500 || error.status === 429
      case "ResponseInvalid":
        return error.reason === "Unreadable"
      case "RequestInvalid":
      case "LimitReached":
        return false
      default:
        return error.advice === "tryLater" && !error.refused
    }
  }
