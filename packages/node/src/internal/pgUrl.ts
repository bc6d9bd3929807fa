import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** How the connection is encrypted, and what is verified of the server. */
export type Tls = "none" | "verified" | "unverified"

export interface PgUrl {
  /** For the driver, without what stands in the other fields. It holds the password. */
  readonly connectionString: string
  /** `postgres://host:port/name`, for people. */
  readonly shown: string
  readonly tls: Tls
  /** Files of TLS; `undefined` when the URL does not name them. */
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/**
 * The driver's own reading of `sslmode` changes with its next version, to a weaker one, and reads the files anew with
 * each connection: so they are taken out of the URL and read here. Whatever asks for TLS gets the server's certificate
 * and name verified; only the mode that says so in its name does not.
 */
const modes: Readonly<Record<string, Tls>> = {
  disable: "none",
  prefer: "verified",
  require: "verified",
  "verify-ca": "verified",
  "verify-full": "verified",
  "no-verify": "unverified",
  true: "verified",
  "1": "verified",
  false: "none",
  "0": "none"
}

const ownParameters = ["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "uselibpqcompat"]

const parsed = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)

const shownOf = (url: URL): string => {
  const host = url.searchParams.get("host") ?? url.hostname
  const port = url.searchParams.get("port") ?? (url.port === "" ? "5432" : url.port)
  return `postgres://${host}:${port}${url.pathname}`
}

/** The rest of a password whose first `/`, `?` or `#` was taken for the end of the host: `12/34` would be port 12 and a name. */
const holdsPassword = ({ hash, pathname, search }: URL): boolean =>
  `${pathname}${search}${hash}`.includes("@")

/** What is wrong is the end of a sentence that quotes nothing of the text. */
export const parseUrl = (text: string): Either.Either<PgUrl, string> => {
  const url = parsed(text)
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || holdsPassword(url)) {
    return Either.left(
      "is no postgres:// URL; write characters such as # / @ in its password percent-encoded (%23 %2F %40)"
    )
  }
  const { searchParams } = url
  if (url.hostname === "" && !searchParams.has("host")) {
    return Either.left("names no host: postgres://user:password@host:5432/database")
  }
  if (url.pathname.length < 2) {
    return Either.left("names no database: postgres://user:password@host:5432/database")
  }
  if (/%(?![0-9a-f]{2})/i.test(text)) {
    return Either.left("has a % that begins no percent-encoding; write it %25")
  }
  const named = searchParams.get("sslmode") ?? searchParams.get("ssl")
  const tls = named === null ? "none" : modes[named]
  if (tls === undefined) {
    return Either.left("has an unknown sslmode; take disable, verify-full or no-verify")
  }
  const file = (name: string) => searchParams.get(name) ?? undefined
  const given = new URL(text)
  for (const name of ownParameters) {
    given.searchParams.delete(name)
  }
  return Either.right({
    connectionString: given.href,
    shown: shownOf(url),
    tls,
    ca: file("sslrootcert"),
    cert: file("sslcert"),
    key: file("sslkey")
  })
}

export const shownUrl = (url: Redacted.Redacted<string>): string => {
  const found = parsed(Redacted.value(url))
  return found === undefined || holdsPassword(found) ? "postgres://…" : shownOf(found)
}
