import * as Effect from "effect/Effect"

/**
 * Goes on when the event loop has read everything that has come by now. Effect's own yield resumes before the next socket
 * is read, so a group gathered behind it would be a group of one.
 */
export const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const handle = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(handle))
})
