import type { IncomingMessage, ServerResponse } from "node:http"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { replies } from "./exchange.js"
import { send } from "./nodeReply.js"

/** A request that is being answered. */
export interface Request {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  /** Ends what is under way for it; set anew with each step. */
  stop: () => void
  /** It has been answered, or nobody is there any more. */
  readonly done: () => void
  /** Those begun before and after it, as long as it is in flight. */
  before: Request | undefined
  after: Request | undefined
}

export interface NodeInFlight {
  /** `undefined` once the scope is closing: a server that lives longer still needs an answer. */
  readonly begin: (message: IncomingMessage, response: ServerResponse) => Request | undefined
}

const nothing = (): void => {}

/**
 * The requests being answered, by callbacks or by fibers. When the scope closes they are waited for, and what does not end in
 * time is stopped and told to come again.
 */
export const make = (drainTimeout: Duration.DurationInput): Effect.Effect<NodeInFlight, never, Scope.Scope> =>
  Effect.gen(function* () {
    // A list of our own and no set: the tables that a set leaves behind hold on to each other, and each request would
    // outlive the young generation.
    let last: Request | undefined
    let stopping = false
    let emptied = nothing
    const empty = Effect.async<void>((resume) => {
      if (last === undefined) {
        return resume(Effect.void)
      }
      emptied = () => resume(Effect.void)
    })
    const stopAll = Effect.sync(() => {
      let request = last
      while (request !== undefined) {
        const { before } = request
        request.stop()
        send(request.response, replies.stopping)
        request = before
      }
    })
    yield* Effect.addFinalizer(() => {
      stopping = true
      // A finalizer is uninterruptible, and so would be the wait in it: no timeout would end it.
      const inTime = empty.pipe(Effect.interruptible, Effect.timeoutOption(drainTimeout))
      return Effect.zipRight(inTime, Effect.zipRight(stopAll, empty))
    })
    return {
      begin: (message, response) => {
        if (stopping) {
          return undefined
        }
        const request: Request = {
          message,
          response,
          stop: nothing,
          done: () => {
            const { after, before } = request
            if (after === undefined && last !== request) {
              return
            }
            if (after === undefined) {
              last = before
            } else {
              after.before = before
            }
            if (before !== undefined) {
              before.after = after
            }
            request.before = undefined
            request.after = undefined
            if (last === undefined) {
              emptied()
            }
          },
          before: last,
          after: undefined
        }
        if (last !== undefined) {
          last.after = request
        }
        last = request
        return request
      }
    }
  })
