/** What of the options does not fit, besides what each part says of itself: the contract among them, and the calendar. */
import type { ContractService } from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import type * as Fault from "../Fault.js"
import type { Options } from "../Sandbox.js"
import { isDay } from "./instant.js"
import { isControlPath } from "./requestPath.js"

/** A fault that answers with the code of success would be none. */
export const faultProblems = (
  { successCode }: ContractService,
  { calls = [] }: Fault.Plan
): ReadonlyArray<string> =>
  calls.flatMap(({ code }, index) =>
    code === successCode
      ? [`calls.${index}.code: ${code} is the contract's code of success; give one of failure`]
      : []
  )

const pathProblems = ({ paths }: ContractService): ReadonlyArray<string> =>
  Operation.all.flatMap(({ name }) => {
    const { path } = paths[name]
    return isControlPath(path)
      ? [`the contract's path of ${name}, ${path}, is under /_sandbox, where the control surface is`]
      : []
  })

export const problemsOf = (
  contract: ContractService,
  { clock, faults = {} }: Options
): ReadonlyArray<string> => [
  ...(typeof clock?.startAt === "string" && !isDay(clock.startAt)
    ? [`the clock's start is on a day that there is not (${clock.startAt})`]
    : []),
  ...pathProblems(contract),
  ...faultProblems(contract, faults).map((problem) => `faults.${problem}`)
]
