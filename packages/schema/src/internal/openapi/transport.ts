/** How an operation is reached: path, method, content type, parameters outside the body. */

import type { ContractService } from "../../Contract.js"
import type { Difference } from "../../OpenApi.js"
import type * as Operation from "../../Operation.js"
import { isFixed } from "./choices.js"
import { verdictOf } from "./difference.js"
import type { Entry } from "./document.js"
import type { Side } from "./envelope.js"

export const pathDifferences = (
  contract: ContractService,
  name: Operation.Name,
  { path }: Entry
): ReadonlyArray<Difference> => {
  const ours = contract.paths[name]
  return ours.path === path
    ? []
    : [
        {
          kind: "path",
          part: "operation",
          where: "path",
          ours: ours.path,
          theirs: path,
          source: ours.source,
          verdict: verdictOf(ours.source),
          advice:
            ours.source === "MERCHANT"
              ? "Your own correction says otherwise: mend it, or import again."
              : isFixed(path)
                ? "yunmo contract import takes it."
                : "It has a parameter or a query in it, which the client does not fill in; it is not taken."
        }
      ]
}

const spec = (facts: Pick<Difference, "kind" | "part" | "where" | "ours" | "theirs">): Difference => ({
  ...facts,
  source: "SPEC",
  verdict: "contradiction",
  advice:
    "The vendor's own page says otherwise (SPEC): ask YUNMO which of the two holds. It cannot be corrected as data."
})

export const methodDifferences = ({ method }: Entry): ReadonlyArray<Difference> =>
  method === "POST"
    ? []
    : [spec({ kind: "method", part: "operation", where: "method", ours: "POST", theirs: method })]

export const mediaDifferences = (
  part: "request" | "response",
  { mediaType }: Side
): ReadonlyArray<Difference> =>
  mediaType === undefined
    ? []
    : [spec({ kind: "mediaType", part, where: "content", ours: "application/json", theirs: mediaType })]

export const parameterDifferences = (parameters: ReadonlyArray<string>): ReadonlyArray<Difference> =>
  parameters.map((parameter) =>
    spec({ kind: "parameter", part: "request", where: parameter, ours: "not there", theirs: "a parameter" })
  )
