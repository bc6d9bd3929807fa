/** How answers are laid out for a person. */

import type * as State from "@effect-yunmo/sandbox/State"
import * as DateTime from "effect/DateTime"
import { printable } from "./values.js"

export type Cell = string | number | undefined

/** Columns of equal width; what there is not is a dash. */
export const table = (rows: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const texts = rows.map((row) => row.map((cell) => (cell === undefined ? "-" : printable(String(cell)))))
  const widths = texts.reduce<ReadonlyArray<number>>(
    (widest, row) =>
      Array.from({ length: Math.max(widest.length, row.length) }, (_, at) =>
        Math.max(widest[at] ?? 0, row[at]?.length ?? 0)
      ),
    []
  )
  return texts
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

export const time = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

export const clock = ({ frozen, iso, nextAt }: typeof State.Clock.Encoded): string =>
  `The clock ${frozen ? "stands still at" : "shows"} ${iso}${nextAt === undefined ? "" : `; the next thing happens at ${time(nextAt)}`}.`

export const rule = ([name, value]: readonly [string, unknown]): ReadonlyArray<Cell> => [
  name,
  value === null
    ? "off"
    : typeof value === "boolean"
      ? value
        ? "on"
        : "off"
      : Array.isArray(value)
        ? value.join(", ")
        : String(value)
]
