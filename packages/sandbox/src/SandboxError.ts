/**
 * What can go wrong at the sandbox's control surface and with its options. The vendor's own refusals are no errors here:
 * they are answers, with the vendor's codes.
 *
 * @since 0.1.0
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"

/**
 * The state does not allow what was asked for: there is no such card, the purchase is settled already. Nothing was
 * changed. HTTP 409.
 *
 * @since 0.1.0
 * @category errors
 */
export class MoveRefused extends Schema.TaggedError<MoveRefused>()(
  "MoveRefused",
  { message: Schema.String },
  HttpApiSchema.annotations({
    status: 409,
    description: "The state does not allow this; nothing was changed"
  })
) {}

/**
 * The input does not fit what the route takes. Nothing was changed. HTTP 400.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadControlInput extends Schema.TaggedError<BadControlInput>()(
  "BadControlInput",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 400, description: "The input does not fit" })
) {}

/**
 * The control credential is missing or another. HTTP 401.
 *
 * @since 0.1.0
 * @category errors
 */
export class ControlUnauthorized extends Schema.TaggedError<ControlUnauthorized>()(
  "ControlUnauthorized",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 401, description: "The control credential is missing or another" })
) {}

/**
 * The sandbox was not made: its options do not fit.
 *
 * @since 0.1.0
 * @category errors
 */
export class SandboxInvalid extends Data.TaggedError("SandboxInvalid")<{
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return `The sandbox cannot start: ${this.problems.join("; ")}.`
  }
}
