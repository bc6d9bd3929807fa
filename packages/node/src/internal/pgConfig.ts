import { readFileSync } from "node:fs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ClientConfig } from "pg"
import { DatabaseUnavailable } from "../DatabaseError.js"
import { type PgUrl, parseUrl, shownUrl } from "./pgUrl.js"

export interface Options {
  readonly url: Redacted.Redacted<string>
  readonly applicationName?: string | undefined
  readonly connectTimeout?: Duration.DurationInput | undefined
}

const read = (database: string, file: string | undefined) =>
  file === undefined
    ? Effect.succeed(undefined)
    : Effect.try({
        try: () => readFileSync(file, "utf8"),
        catch: () =>
          new DatabaseUnavailable({
            database,
            reason: `the file ${file} of its URL cannot be read`,
            advice: "Check the paths in sslrootcert, sslcert and sslkey."
          })
      })

const tlsOf = ({ ca, cert, key, shown, tls }: PgUrl) =>
  tls === "none"
    ? Effect.succeed(false)
    : Effect.map(
        Effect.all([read(shown, ca), read(shown, cert), read(shown, key)]),
        ([ca, cert, key]): NonNullable<ClientConfig["ssl"]> => ({
          rejectUnauthorized: tls === "verified",
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key })
        })
      )

/** What a connection of ours is opened with. It holds the password: hand it to the driver alone. */
export const clientConfig = (
  options: Options
): Effect.Effect<ClientConfig & { readonly shown: string }, DatabaseUnavailable> =>
  Effect.gen(function* () {
    const url = yield* Effect.mapError(
      parseUrl(Redacted.value(options.url)),
      (problem) =>
        new DatabaseUnavailable({
          database: shownUrl(options.url),
          reason: `its URL ${problem}`,
          advice: "Mend the URL in YUNMO_DATABASE."
        })
    )
    return {
      shown: url.shown,
      connectionString: url.connectionString,
      ssl: yield* tlsOf(url),
      application_name: options.applicationName ?? "yunmo",
      connectionTimeoutMillis: Duration.toMillis(options.connectTimeout ?? "5 seconds"),
      // A server that vanished without a word is noticed on an idle connection too.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000
    }
  })
