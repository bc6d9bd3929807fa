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
 * The control surface does not answer this caller: it is on another machine, or a browser asks for another site's page.
 * HTTP 403, whatever the credential.
 *
 * @since 0.1.0
 * @category errors
 */
export class ControlForbidden extends Schema.TaggedError<ControlForbidden>()(
  "ControlForbidden",
  { message: Schema.String },
  HttpApiSchema.annotations({
    status: 403,
    description: "The caller is on another machine, or is a page of another site"
  })
) {}

/**
 * The sandbox cannot be kept in the database it was given. When the layer is built: nothing was begun. Later it is a defect of
 * the call (HTTP 500), whose answer is not given, since what it did would be lost with the process.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreUnusable extends Schema.TaggedError<StoreUnusable>()(
  "StoreUnusable",
  /** Names a row by its kind and key at most, never what stands in it. */
  { message: Schema.String },
  HttpApiSchema.annotations({
    status: 500,
    description: "The sandbox's database cannot be used; look at its log, and call again once it can"
  })
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
