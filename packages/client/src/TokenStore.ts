/**
 * Where the session's token is kept, so that several processes of one merchant share one: whoever finds it ended logs in
 * while the others wait, and all go on with the new one. Without a store each client has a token of its own, which is
 * enough for one process; `SqlTokenStore` in `@effect-yunmo/processing` is for several. Where a new login ends older
 * tokens (the vendor does not say), clients without a shared store would end each other's for ever.
 *
 * A store that fails stops no call: the client says so in its log and logs in for itself.
 *
 * @since 0.1.0
 */
import type { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type { BaseUrl } from "./BaseUrl.js"

/**
 * Whose token it is. The address is part of it: a token of the vendor's sandbox is none of production.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account {
  readonly merchantNo: MerchantNo
  readonly baseUrl: BaseUrl
}

/**
 * A token as a login gave it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grant {
  readonly token: Redacted.Redacted<string>
  /** When the login was answered, epoch milliseconds by the clock of the process that logged in. */
  readonly issuedAt: number
  /** When the vendor says that it ends, epoch milliseconds; undefined when it says nothing (PROPOSED). */
  readonly expireTime: number | undefined
}

/**
 * The store cannot be read or written. Nothing is lost but the sharing.
 *
 * @since 0.1.0
 * @category errors
 */
export class TokenStoreUnavailable extends Schema.TaggedError<TokenStoreUnavailable>()(
  "TokenStoreUnavailable",
  { description: Schema.String }
) {
  override get message(): string {
    return `The token store cannot be used: ${this.description}. Each process logs in for itself until it is restored.`
  }
}

/**
 * `holder` names a client among all that share the store. Nothing here may take part in a transaction of the caller's: a
 * rollback would forget a token that the vendor has given.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenStoreService {
  /** The token kept last. Whether it has ended is for the client to judge. */
  readonly get: (account: Account) => Effect.Effect<Option.Option<Grant>, TokenStoreUnavailable>
  /**
   * Takes the right to log in, or prolongs it, for so long: true when it is this holder's now, false while it is
   * another's. It ends by itself, so a process that dies with it stops nobody.
   */
  readonly claim: (
    account: Account,
    holder: string,
    lease: Duration.Duration
  ) => Effect.Effect<boolean, TokenStoreUnavailable>
  /**
   * Keeps a token and gives the right to log in back. A holder who has lost that right meanwhile does not overwrite a
   * token that was issued later.
   */
  readonly put: (account: Account, holder: string, grant: Grant) => Effect.Effect<void, TokenStoreUnavailable>
  /** Gives the right to log in back, if this holder has it. */
  readonly release: (account: Account, holder: string) => Effect.Effect<void, TokenStoreUnavailable>
}

/**
 * Shares nothing: each client keeps its token to itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: TokenStoreService = {
  get: () => Effect.succeedNone,
  claim: () => Effect.succeed(true),
  put: () => Effect.void,
  release: () => Effect.void
}

/**
 * The store that clients use where they are made. Has a default, {@link none}.
 *
 * @since 0.1.0
 * @category services
 */
export class TokenStore extends Context.Reference<TokenStore>()("@effect-yunmo/client/TokenStore", {
  defaultValue: (): TokenStoreService => none
}) {}

interface Slot {
  readonly grant: Grant | undefined
  readonly lease: { readonly holder: string; readonly until: number } | undefined
}

const empty: Slot = { grant: undefined, lease: undefined }

/**
 * A store in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<TokenStoreService> = Effect.gen(function* () {
  const slots = yield* Ref.make<ReadonlyMap<string, Slot>>(new Map())
  const modify = <A>({ baseUrl, merchantNo }: Account, change: (slot: Slot) => readonly [A, Slot]) =>
    Ref.modify(slots, (map): [A, ReadonlyMap<string, Slot>] => {
      const key = JSON.stringify([merchantNo, baseUrl])
      const [answer, slot] = change(map.get(key) ?? empty)
      return [answer, new Map(map).set(key, slot)]
    })
  const without = (slot: Slot, holder: string) => (slot.lease?.holder === holder ? undefined : slot.lease)
  return {
    get: (account) => modify(account, (slot) => [Option.fromNullable(slot.grant), slot]),
    claim: (account, holder, lease) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        modify(account, (slot) =>
          slot.lease === undefined || slot.lease.holder === holder || slot.lease.until <= now
            ? [true, { ...slot, lease: { holder, until: now + Duration.toMillis(lease) } }]
            : [false, slot]
        )
      ),
    put: (account, holder, grant) =>
      modify(account, (slot) => [
        undefined,
        slot.lease?.holder === holder || slot.grant === undefined || slot.grant.issuedAt <= grant.issuedAt
          ? { grant, lease: without(slot, holder) }
          : slot
      ]),
    release: (account, holder) =>
      modify(account, (slot) => [undefined, { ...slot, lease: without(slot, holder) }])
  }
})

/**
 * One store for the clients of this process that are given this layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<TokenStore> = Layer.effect(TokenStore, makeMemory)
