import * as Predicate from "effect/Predicate"

const textOf = (error: unknown, name: "code" | "message"): string =>
  Predicate.hasProperty(error, name) && typeof error[name] === "string" ? error[name] : ""

/** The error at the end of the chain of causes; of several tries (IPv6 and IPv4) the last. */
const innermost = (error: unknown): unknown =>
  error instanceof AggregateError && error.errors.length > 0
    ? innermost(error.errors.at(-1))
    : Predicate.hasProperty(error, "cause") && error.cause !== undefined
      ? innermost(error.cause)
      : error

const certificate =
  /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(GET|VERIFY)_|HOSTNAME_MISMATCH|INVALID_CA)/

export interface Failure {
  readonly reason: string
  readonly advice: string
}

/** A commit on this server does not wait for the disk. */
export class NotDurable extends Error {
  readonly failure: Failure
  constructor(setting: "fsync" | "synchronous_commit") {
    const reason = `its ${setting} is off, so a commit does not wait for the disk and a power cut could lose it`
    super(reason)
    this.failure = {
      reason,
      advice:
        setting === "fsync"
          ? "Set fsync = on in the configuration of the server."
          : "Set synchronous_commit = on, for the server or for this user and database."
    }
  }
}

const checkUrl = "Check the host and the port in YUNMO_DATABASE, and that the server runs."

/** What a failed connection means, and what to do. The texts of driver and server quote no password. */
export const describeFailure = (error: unknown): Failure => {
  const inner = innermost(error)
  if (inner instanceof NotDurable) {
    return inner.failure
  }
  const code = textOf(inner, "code")
  const message = textOf(inner, "message") || String(inner)
  switch (code) {
    case "ECONNREFUSED":
      return { reason: "nothing listens there", advice: checkUrl }
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { reason: "the name of its host is not known", advice: checkUrl }
    case "28P01":
    case "28000":
      return {
        reason: `the server refuses the user (${message})`,
        advice: "Check the user's name and password in YUNMO_DATABASE, and pg_hba.conf of the server."
      }
    case "3D000":
      return { reason: "there is no such database", advice: "Create it, or name another in YUNMO_DATABASE." }
    case "53300":
      return {
        reason: "the server takes no more connections",
        advice: "Raise max_connections of the server, or give the programs smaller pools."
      }
    case "57P03":
      return { reason: `the server is not ready (${message})`, advice: "Try again when it is." }
  }
  if (certificate.test(code)) {
    return {
      reason: `the server's certificate is not to be trusted (${code})`,
      advice: "Give the file of its authority with sslrootcert in YUNMO_DATABASE."
    }
  }
  if (/does not support SSL/i.test(message)) {
    return {
      reason: "the server has no TLS, which the sslmode of the URL asks for",
      advice: "Turn TLS on at the server, or leave sslmode out on a network that nobody else can read."
    }
  }
  if (/timeout|ETIMEDOUT/i.test(`${code} ${message}`)) {
    return { reason: "it does not answer", advice: checkUrl }
  }
  return { reason: message.replace(/\.$/, ""), advice: checkUrl }
}
