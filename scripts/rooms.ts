/**
 * The rooms of the house and their arrows: who may know whom. `check-imports.ts` holds every file to it, and fails for a
 * package or app that is not in it.
 */

export interface Room {
  /** Workspace packages that its src and its package.json may name. */
  readonly workspace: ReadonlyArray<string>
  /** Packages from outside that its src and its package.json may name. */
  readonly outside: ReadonlyArray<string> | "any"
  /** Modules of Node that its src may import. */
  readonly node: ReadonlyArray<string> | "any"
  /** Modules of Node that its src may import as types only. */
  readonly nodeTypes?: ReadonlyArray<string>
  /** Workspace packages that not even its tests may import. */
  readonly neverInTests?: ReadonlyArray<string>
}

export const rooms: Record<string, Room> = {
  "packages/signing": { workspace: [], outside: ["effect"], node: ["node:crypto"] },
  "packages/schema": { workspace: [], outside: ["effect", "yaml"], node: [] },
  "packages/client": { workspace: ["schema", "signing"], outside: ["effect", "@effect/platform"], node: [] },
  "packages/notifications": {
    workspace: ["schema", "signing"],
    outside: ["effect", "@effect/platform", "@effect/sql"],
    node: ["node:crypto"],
    nodeTypes: ["node:http"]
  },
  "packages/processing": {
    workspace: ["client", "notifications", "schema"],
    outside: ["effect", "@effect/sql", "@effect/workflow", "@effect/cluster"],
    node: []
  },
  "packages/sandbox": {
    workspace: ["schema", "signing"],
    outside: ["effect", "@effect/platform", "@effect/sql"],
    node: [],
    neverInTests: ["client"]
  },
  "packages/node": {
    workspace: ["client", "notifications", "schema", "signing"],
    outside: [
      "effect",
      "@effect/opentelemetry",
      "@effect/platform",
      "@effect/platform-node",
      "@effect/sql",
      "@effect/sql-pg",
      "@effect/sql-sqlite-node",
      "pg"
    ],
    node: "any"
  },
  "packages/cli": {
    workspace: ["client", "node", "notifications", "processing", "sandbox", "schema", "signing"],
    outside: "any",
    node: "any"
  },
  "apps/webhook": { workspace: ["node", "notifications", "schema", "signing"], outside: "any", node: "any" },
  "apps/worker": {
    workspace: ["client", "node", "notifications", "processing"],
    outside: "any",
    node: "any"
  },
  "apps/demo": {
    workspace: ["client", "node", "notifications", "processing", "sandbox", "schema"],
    outside: "any",
    node: "any"
  },
  examples: {
    workspace: ["client", "node", "notifications", "processing", "sandbox", "schema", "signing"],
    outside: "any",
    node: "any"
  },
  benchmarks: {
    workspace: ["client", "node", "notifications", "sandbox", "schema", "signing", "test-support"],
    outside: "any",
    node: "any"
  },
  chaos: {
    workspace: ["node", "notifications", "signing", "test-support"],
    outside: "any",
    node: "any"
  },
  "test-support": { workspace: [], outside: "any", node: "any" }
}
