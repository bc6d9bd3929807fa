/**
 * For `globalSetup` of a vitest config: one PostgreSQL server for the test files of a package. A test takes its URL with
 * `inject("postgresUrl")` and makes a database of its own (`Postgres.freshDatabase`).
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type {} from "vitest"
import type { TestProject } from "vitest/node"
import * as Postgres from "./Postgres.js"

declare module "vitest" {
  export interface ProvidedContext {
    postgresUrl: string
  }
}

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const scope = await Effect.runPromise(Scope.make())
  const { urlOf } = await Effect.runPromise(Effect.provideService(Postgres.server, Scope.Scope, scope))
  project.provide("postgresUrl", urlOf("postgres"))
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
