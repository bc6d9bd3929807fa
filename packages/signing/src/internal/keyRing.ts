import * as Context from "effect/Context"
import type { SigningKey } from "../SigningKey.js"

/**
 * The keys. Signer and verifier look at them on each call, so an implementation may change them while
 * running.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyRingService {
  readonly signing: SigningKey
  /** In the order in which they are tried; always holds `signing`, first. */
  readonly accepted: ReadonlyArray<SigningKey>
}

/**
 * The keys of one merchant.
 *
 * @since 0.1.0
 * @category services
 */
export class KeyRing extends Context.Tag("@effect-yunmo/signing/KeyRing")<KeyRing, KeyRingService>() {}
