import * as HttpApi from "@effect/platform/HttpApi"
import type * as AST from "effect/SchemaAST"
import * as ControlApi from "../../src/ControlApi.js"

export interface Route {
  readonly id: string
  readonly method: string
  /** With `:name` for a parameter. */
  readonly path: string
  /** Whether it wants the control credential. */
  readonly guarded: boolean
  readonly payload: AST.AST | undefined
  readonly takesInput: boolean
  readonly errors: ReadonlyArray<number>
}

/** What the control surface is made of. */
export const routes = (() => {
  const found: Array<Route> = []
  HttpApi.reflect(ControlApi.ControlApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, errors, group, middleware, payloads }) => {
      found.push({
        id: `${group.identifier}.${endpoint.name}`,
        method: endpoint.method,
        path: endpoint.path,
        guarded: middleware.size > 0,
        payload: payloads.get("application/json")?.ast,
        takesInput:
          payloads.size > 0 || endpoint.path.includes(":") || endpoint.urlParamsSchema._tag === "Some",
        errors: Array.from(errors.keys())
      })
    }
  })
  return found
})()
