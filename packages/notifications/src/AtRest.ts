/**
 * Encryption of messages where they stand in the database: AES-256-GCM, each with a random nonce of 96 bits, bound to its
 * merchant and fingerprint, so that a message put into another row does not open. What the inbox searches by stays
 * readable: ids, kinds, times, and the subject (a card id or customer id, never a number of a card).
 *
 * Without {@link layer} messages stand as they came, and the inbox warns about it when it starts. With several keys the first
 * encrypts and all of them decrypt: to rotate, put the new one in front, and keep the old one until no row has its id. A
 * key is good for 4 billion messages.
 *
 * @since 0.1.0
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { MessageSealed } from "./InboxError.js"
import { netstring } from "./internal/netstring.js"

/**
 * A message as it stands in the database.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sealed {
  /** `none`, or `A256GCM:` and the id of the key. */
  readonly cipher: string
  /** Nonce, cipher text and tag, one behind the other; the message itself when `cipher` is `none`. */
  readonly bytes: Uint8Array
}

/**
 * The row that a message belongs to, and is bound to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Owner {
  readonly merchantNo: string
  /** The inbox's fingerprint, or the quarantine's digest. */
  readonly fingerprint: Uint8Array
}

/**
 * @since 0.1.0
 * @category models
 */
export interface AtRestService {
  /** The id of the key that encrypts; `undefined` when nothing does. */
  readonly keyId: string | undefined
  readonly seal: (message: Uint8Array, owner: Owner) => Sealed
  readonly open: (sealed: Sealed, owner: Owner) => Either.Either<Uint8Array, MessageSealed>
}

/**
 * A key and its name. The id stands in each row; the key nowhere.
 *
 * @since 0.1.0
 * @category options
 */
export interface Key {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`, for example the month of its making. Never given to another key. */
  readonly id: string
  /** 32 bytes: 64 hex digits, or Base64 (`openssl rand -base64 32`). */
  readonly key: Redacted.Redacted
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The first encrypts, all of them decrypt. At least one. */
  readonly keys: ReadonlyArray<Key>
}

/**
 * The keys cannot be used as they were given.
 *
 * @since 0.1.0
 * @category errors
 */
export class AtRestInvalid extends Schema.TaggedError<AtRestInvalid>(
  "@effect-yunmo/notifications/AtRestInvalid"
)("AtRestInvalid", {
  /** What is wrong with which key, as the end of a sentence; never the key. */
  problem: Schema.String
}) {
  override get message(): string {
    return `The inbox cannot be encrypted with these keys: ${this.problem}.`
  }
}

const algorithm = "aes-256-gcm"
const prefix = "A256GCM:"
const keyLength = 32
const nonceLength = 12
const tagLength = 16

const parse = (text: string): Option.Option<Uint8Array> =>
  Option.filter(
    Either.getRight(
      /^[0-9A-Fa-f]{64}$/.test(text) ? Encoding.decodeHex(text) : Encoding.decodeBase64(text.trim())
    ),
    (bytes) => bytes.length === keyLength
  )

const boundTo = ({ fingerprint, merchantNo }: Owner): Uint8Array =>
  Buffer.concat([Buffer.from(netstring(merchantNo), "utf8"), fingerprint])

const plain = (sealed: Sealed, keys: ReadonlyMap<string, Uint8Array>, owner: Owner) => {
  if (sealed.cipher === "none") {
    return Either.right(sealed.bytes)
  }
  const keyId = sealed.cipher.startsWith(prefix) ? sealed.cipher.slice(prefix.length) : sealed.cipher
  const key = keys.get(keyId)
  if (key === undefined) {
    return Either.left(new MessageSealed({ keyId, problem: "KeyMissing" }))
  }
  return Either.try({
    try: () => {
      const { bytes } = sealed
      const end = bytes.length - tagLength
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceLength), {
        authTagLength: tagLength
      })
      decipher.setAAD(boundTo(owner)).setAuthTag(bytes.subarray(end))
      return Buffer.concat([decipher.update(bytes.subarray(nonceLength, end)), decipher.final()])
    },
    catch: () => new MessageSealed({ keyId, problem: "Damaged" })
  })
}

const nothing: AtRestService = {
  keyId: undefined,
  seal: (bytes) => ({ cipher: "none", bytes }),
  open: (sealed, owner) => plain(sealed, new Map(), owner)
}

/**
 * @since 0.1.0
 * @category services
 */
export class AtRest extends Context.Reference<AtRest>()("@effect-yunmo/notifications/AtRest", {
  defaultValue: (): AtRestService => nothing
}) {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ keys }: Options): Either.Either<AtRestService, AtRestInvalid> =>
  Either.gen(function* () {
    const known = new Map<string, Uint8Array>()
    for (const { id, key } of keys) {
      if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) {
        return yield* Either.left(
          new AtRestInvalid({
            problem: "the id of a key has to be 1 to 64 letters, digits, dots, dashes or _"
          })
        )
      }
      if (known.has(id)) {
        return yield* Either.left(new AtRestInvalid({ problem: `two keys have the id "${id}"` }))
      }
      const bytes = parse(Redacted.value(key))
      if (Option.isNone(bytes)) {
        return yield* Either.left(
          new AtRestInvalid({ problem: `the key "${id}" is neither 64 hex digits nor Base64 of 32 bytes` })
        )
      }
      known.set(id, bytes.value)
    }
    const [first] = known
    if (first === undefined) {
      return yield* Either.left(new AtRestInvalid({ problem: "none was given" }))
    }
    const [keyId, key] = first
    const service: AtRestService = {
      keyId,
      seal: (message, owner) => {
        const nonce = randomBytes(nonceLength)
        const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength })
        cipher.setAAD(boundTo(owner))
        const bytes = Buffer.concat([nonce, cipher.update(message), cipher.final(), cipher.getAuthTag()])
        return { cipher: `${prefix}${keyId}`, bytes }
      },
      open: (sealed, owner) => plain(sealed, known, owner)
    }
    return service
  })

/**
 * @example
 * ```ts
 * import * as AtRest from "@effect-yunmo/notifications/AtRest"
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const key = Redacted.make("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
 *
 * // Needs a SqlClient.
 * const inbox = Inbox.layer.pipe(Layer.provide(AtRest.layer({ keys: [{ id: "2026-11", key }] })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never, AtRestInvalid> =>
  Layer.effect(AtRest, make(options))

/**
 * Keys from one setting: `id:key` or several of them with commas between, the first of which encrypts, for example
 * `2026-11:wX…=,2025-04:Jk…=`. What is wrong with it is a `ConfigError`, which does not quote it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  keys: Config.Config<Redacted.Redacted>
): Layer.Layer<never, ConfigError.ConfigError> =>
  Layer.effect(
    AtRest,
    Config.mapOrFail(keys, (text) =>
      Either.mapLeft(make({ keys: keysOf(Redacted.value(text)) }), ({ message }) =>
        ConfigError.InvalidData([], message)
      )
    )
  )

const keysOf = (text: string): ReadonlyArray<Key> =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const colon = part.indexOf(":")
      // Without a colon all of it may be the key: nothing of it may become an id, which is shown.
      return {
        id: part.slice(0, Math.max(0, colon)).trim(),
        key: Redacted.make(part.slice(colon + 1).trim())
      }
    })
