/**
 * The YUNMO card-issuing API on your machine.
 *
 * @since 0.1.0
 */

/** What the control surface takes and gives. */
export * as Control from "./Control.js"
/** The control surface's routes, as data. */
export * as ControlApi from "./ControlApi.js"
/** The vendor's bad days. */
export * as Fault from "./Fault.js"
/** Values that force an outcome. */
export * as Magic from "./Magic.js"
/** How strict the sandbox is, and how long things take. */
export * as Rules from "./Rules.js"
/** The vendor on your machine, as a service. */
export * as Sandbox from "./Sandbox.js"
/** What can go wrong beside the vendor's own refusals. */
export * as SandboxError from "./SandboxError.js"
/** The sandbox over HTTP. */
export * as SandboxServer from "./SandboxServer.js"
/** What the sandbox shows of itself. */
export * as State from "./State.js"
