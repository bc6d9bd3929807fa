/**
 * Defects and failures for people and logs, without what they quote: what a parser or a schema throws repeats the text it was
 * given, and here that can be a card number.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"

/**
 * The class of a defect and where it was thrown: enough to find it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const describe = (defect: unknown): string => {
  if (!(defect instanceof Error)) {
    return "something was thrown that is no error"
  }
  const stack = defect.stack ?? ""
  const trace = stack.slice(stack.indexOf(defect.message) + defect.message.length)
  const frame = trace.split("\n").find((line) => line.startsWith("    at "))
  return `${defect.name}${frame === undefined ? "" : ` ${frame.trim()}`}`
}

/**
 * A cause in one line: the sentence of a failure, which holds no values, or its defect.
 *
 * @since 0.1.0
 * @category accessors
 */
export const describeCause = (cause: Cause.Cause<{ readonly message: string }>): string =>
  Option.match(Cause.failureOption(cause), {
    onSome: ({ message }) => message,
    onNone: () => `a defect: ${describe(Cause.squash(cause))}`
  })
