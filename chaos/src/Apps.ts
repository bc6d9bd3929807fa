/** The reference apps as commands: which program, with which settings, on which database. */
import { fileURLToPath } from "node:url"
import * as Program from "@effect-yunmo/node/Program"
import * as Child from "@effect-yunmo/test-support/Child"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Database } from "./Database.js"
import * as Message from "./Message.js"

const built = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Enough to see why it ended, however long it ran. */
const keep = 64_000

const merchant = { YUNMO_MERCHANT_NO: Message.merchantNo, YUNMO_SECRET_KEY: Message.secret }
const apiKey = { YUNMO_API_KEY: "chaos-api-key" }

/** What is done to the process from its start, and settings beside or in place of the usual ones. */
export interface Harm extends Partial<Pick<Child.Command, "nodeArgs" | "fileSizeLimit">> {
  readonly env?: Readonly<Record<string, string>>
}

export interface WebhookOptions extends Harm {
  readonly database: Database
  readonly port: number
}

const webhookPath = "/yunmo/notifications"

/** The full URL of the callback. */
export const webhookUrl = (port: number): string => `http://127.0.0.1:${port}${webhookPath}`

export const webhook = ({ database, env, port, ...harm }: WebhookOptions): Child.Command => ({
  entry: built("apps/webhook/dist/main.js"),
  env: {
    ...merchant,
    YUNMO_DATABASE: database.setting,
    WEBHOOK_PORT: String(port),
    WEBHOOK_ADMIN_PORT: "0",
    WEBHOOK_PATH: webhookPath,
    ...env
  },
  keep,
  ...harm
})

export interface WorkerOptions extends Harm {
  readonly database: Database
  /** Where the sandbox listens. */
  readonly vendor: string
}

export const worker = ({ database, env, vendor, ...harm }: WorkerOptions): Child.Command => ({
  entry: built("apps/worker/dist/main.js"),
  env: {
    ...merchant,
    ...apiKey,
    YUNMO_BASE_URL: vendor,
    YUNMO_DATABASE: database.setting,
    WORKER_POLL_INTERVAL: "10 millis",
    ...env
  },
  keep,
  ...harm
})

export interface SandboxOptions extends Harm {
  readonly port: number
  readonly seed: number
}

export const sandbox = ({ env, port, seed, ...harm }: SandboxOptions): Child.Command => ({
  entry: built("packages/cli/dist/bin.js"),
  args: ["sandbox", "--port", String(port), "--seed", String(seed)],
  env: { ...merchant, ...apiKey, SANDBOX_CONTROL_TOKEN: "chaos-control-token", ...env },
  keep,
  ...harm
})

export interface InboxOptions extends Harm {
  readonly database: Database
  readonly args: ReadonlyArray<string>
}

/** `yunmo inbox`, as an operator calls it beside the running apps. */
export const inbox = ({ args, database, env, ...harm }: InboxOptions): Child.Command => ({
  entry: built("packages/cli/dist/bin.js"),
  args: ["inbox", ...args],
  env: { ...merchant, YUNMO_DATABASE: database.setting, ...env },
  ...harm
})

/** At work: what it announces came. */
export const start = (command: Child.Command): Effect.Effect<Child.Child, Child.EndedEarly, Scope.Scope> =>
  Effect.tap(Child.start(command), (child) => Child.announced(child, Program.readAnnouncement))
