/**
 * The settings of servers, as `Config`: each takes the name of its variable, so that programs name theirs after themselves.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as AddressList from "./AddressList.js"
import { isLoopback } from "./NodeServer.js"

/**
 * A port number; 0 takes a free one.
 *
 * @since 0.1.0
 * @category config
 */
export const port = (name: string): Config.Config<number> =>
  Config.integer(name).pipe(
    Config.validate({
      message: "is not a port number from 0 to 65535",
      validation: (port) => port >= 0 && port <= 65_535
    })
  )

/**
 * A path of a URL, without query.
 *
 * @since 0.1.0
 * @category config
 */
export const path = (name: string, taken: ReadonlyArray<string> = []): Config.Config<string> =>
  Config.string(name).pipe(
    Config.validate({
      message: `is not a path that begins with / and has no blanks, ? or #${taken.length === 0 ? "" : `, other than ${taken.join(", ")}`}`,
      validation: (text) => isPath(text) && !taken.includes(text)
    })
  )

/**
 * Whether a text can be the path of a route.
 *
 * @since 0.1.0
 * @category guards
 */
export const isPath = (text: string): boolean => /^\/[^\s?#]*$/.test(text)

/**
 * A number of at least 1.
 *
 * @since 0.1.0
 * @category config
 */
export const limit = (name: string): Config.Config<number> =>
  Config.integer(name).pipe(
    Config.validate({ message: "is not a number of at least 1", validation: (value) => value >= 1 })
  )

const bounds = { minimum: Duration.millis(100), maximum: Duration.minutes(10) }

/**
 * A time limit, `10 seconds` say, from 100 milliseconds to 10 minutes.
 *
 * @since 0.1.0
 * @category config
 */
export const timeout = (name: string): Config.Config<Duration.Duration> =>
  Config.duration(name).pipe(
    Config.validate({
      message: "has to be between 100 millis and 10 minutes",
      validation: (value: Duration.Duration) => Duration.between(value, bounds)
    })
  )

/**
 * Addresses and networks, with commas between.
 *
 * @since 0.1.0
 * @category config
 */
export const addressList = (name: string): Config.Config<AddressList.AddressList> =>
  Config.string(name).pipe(
    Config.mapOrFail((text) =>
      Either.mapLeft(AddressList.fromText(text), ({ message }) =>
        ConfigError.InvalidData([], `has an entry that cannot be used: ${message}`)
      )
    )
  )

/**
 * Addresses and networks of proxies that are believed; none when not set. A list of everybody is refused: anybody could choose
 * an address then.
 *
 * @since 0.1.0
 * @category config
 */
export const trustedProxies = (name: string): Config.Config<AddressList.AddressList> =>
  addressList(name).pipe(
    Config.mapOrFail((list) =>
      list.entries.some((entry) => entry.endsWith("/0"))
        ? Either.left(
            ConfigError.InvalidData(
              [name],
              "trusts everybody, so that anybody could choose the address they come from; name the proxies"
            )
          )
        : Either.right(list)
    ),
    Config.withDefault(AddressList.empty)
  )

const shortestToken = 16

const token = (name: string): Config.Config<Redacted.Redacted<string>> =>
  Config.redacted(name).pipe(
    Config.mapOrFail((secret) =>
      /^[\x21-\x7e]+$/.test(Redacted.value(secret)) && Redacted.value(secret).length >= shortestToken
        ? Either.right(secret)
        : Either.left(
            ConfigError.InvalidData(
              [name],
              `is not a credential of at least ${shortestToken} letters, digits and signs without blanks`
            )
          )
    )
  )

const adminPort = (name: string): Config.Config<number | "off"> =>
  Config.string(name).pipe(
    Config.mapOrFail((text): Either.Either<number | "off", ConfigError.ConfigError> => {
      const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
      return text === "off"
        ? Either.right(text)
        : value <= 65_535
          ? Either.right(value)
          : Either.left(ConfigError.InvalidData([], "is neither a port number from 0 to 65535 nor off"))
    })
  )

/**
 * Where an admin port listens, and its credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdminSettings {
  readonly host: string
  /** `off` when there is to be none; `undefined` when nothing was said. */
  readonly port: number | "off" | undefined
  readonly token: Redacted.Redacted<string> | undefined
}

/**
 * `<prefix>_HOST`, loopback unless set; `<prefix>_PORT`, a number or `off`; `<prefix>_TOKEN`, which has to be set where the host is not
 * loopback.
 *
 * @since 0.1.0
 * @category config
 */
export const admin = (prefix: string): Config.Config<AdminSettings> =>
  Config.all({
    host: Config.nonEmptyString(`${prefix}_HOST`).pipe(Config.withDefault("127.0.0.1")),
    port: Config.map(Config.option(adminPort(`${prefix}_PORT`)), Option.getOrUndefined),
    token: Config.map(Config.option(token(`${prefix}_TOKEN`)), Option.getOrUndefined)
  }).pipe(
    Config.mapOrFail((address) =>
      isLoopback(address.host) || address.token !== undefined || address.port === "off"
        ? Either.right(address)
        : Either.left(
            ConfigError.InvalidData(
              [`${prefix}_TOKEN`],
              `is not set, and has to be because ${prefix}_HOST is not loopback`
            )
          )
    )
  )
