import * as Effect from "effect/Effect"
import { OutcomePending } from "../ClientError.js"
import type { Done, Failure, Pending, Unknown, Value } from "../Outcome.js"

const settle = (outcome: Done<unknown> | Pending | Unknown) => {
  switch (outcome._tag) {
    case "Done":
      return Effect.succeed(outcome.value)
    case "Pending":
      return Effect.fail(new OutcomePending({ operation: outcome.operation, key: outcome.key }))
    case "Unknown":
      return Effect.fail(outcome.error)
  }
}

/** Only `Done` succeeds, and with its own value; the cast says so for the members that `O` really has. */
export const settled =
  <O extends Done<unknown> | Pending | Unknown>() =>
  (outcome: O) =>
    settle(outcome) as Effect.Effect<Value<O>, Failure<O>>
