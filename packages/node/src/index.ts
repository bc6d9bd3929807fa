/**
 * What Node programs built on effect-yunmo share.
 *
 * @since 0.1.0
 */

/** Addresses and networks, as settings name them. */
export * as AddressList from "./AddressList.js"
/** The port for those who run a program: health, readiness, metrics. */
export * as Admin from "./Admin.js"
/** Who sent a request that came through proxies. */
export * as ClientAddress from "./ClientAddress.js"
/** The database that a program is told to work on, with its doorbell. */
export * as Database from "./Database.js"
/** Which database: a SQLite file or PostgreSQL. */
export * as DatabaseChoice from "./DatabaseChoice.js"
/** Why a database cannot be opened. */
export * as DatabaseError from "./DatabaseError.js"
/** Rings between the processes on one SQLite file. */
export * as FileDoorbell from "./FileDoorbell.js"
/** Whose notifications a program takes: one merchant, or those of a file. */
export * as MerchantsChoice from "./MerchantsChoice.js"
/** Merchants and their keys from a file, read again when it changes. */
export * as MerchantsFile from "./MerchantsFile.js"
/** HTTP servers that say why they cannot listen, and that stop in order. */
export * as NodeServer from "./NodeServer.js"
/** PostgreSQL whose commits wait for the disk. */
export * as Postgres from "./Postgres.js"
/** Rings between the programs on one PostgreSQL database. */
export * as PostgresDoorbell from "./PostgresDoorbell.js"
/** Running a program: failures told to people, clean stop. */
export * as Program from "./Program.js"
/** Effect's metrics in the text format of Prometheus. */
export * as Prometheus from "./Prometheus.js"
/** An HTTP server for the open internet. */
export * as PublicServer from "./PublicServer.js"
/** Whether a program can do its work now. */
export * as Readiness from "./Readiness.js"
/** Card numbers and PINs under RSA PKCS #1 v1.5. */
export * as RsaPkcs1 from "./RsaPkcs1.js"
/** The settings of servers. */
export * as ServerSettings from "./ServerSettings.js"
/** Settings from the environment. */
export * as Settings from "./Settings.js"
/** SQLite with full sync. */
export * as Sqlite from "./Sqlite.js"
/** Traces and metrics by OTLP, when OpenTelemetry's variables ask for them. */
export * as Telemetry from "./Telemetry.js"
/** The HTTP client for programs on Node. */
export * as UndiciClient from "./UndiciClient.js"
