/**
 * What Node programs built on effect-yunmo share.
 *
 * @since 0.1.0
 */

/** HTTP servers that say why they cannot listen, and that stop in order. */
export * as NodeServer from "./NodeServer.js"
/** Running a program: failures told to people, clean stop. */
export * as Program from "./Program.js"
/** Card numbers and PINs under RSA PKCS #1 v1.5. */
export * as RsaPkcs1 from "./RsaPkcs1.js"
/** Settings from the environment. */
export * as Settings from "./Settings.js"
/** SQLite with full sync. */
export * as Sqlite from "./Sqlite.js"
