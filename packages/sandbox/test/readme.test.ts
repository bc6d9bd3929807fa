import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { ControlApi } from "../src/ControlApi.js"
import * as Fault from "../src/Fault.js"
import * as Magic from "../src/Magic.js"
import * as Rules from "../src/Rules.js"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

const routes = Object.values(ControlApi.groups).flatMap((group) =>
  Object.values(group.endpoints).map(({ path }) => path)
)

describe("the README", () => {
  it.each(Object.keys(Rules.defaults))("has a row for the rule %s", (name) => {
    assert.include(readme, `| \`${name}\` |`)
  })

  it.each(Magic.values.map(({ value }) => value))("tells of the magic value %s", (value) => {
    assert.include(readme, value)
  })

  it.each([...Fault.CallFault.literals, ...Fault.NotificationFault.literals])(
    "tells of the fault %s",
    (fault) => {
      assert.include(readme, `\`${fault}\``)
    }
  )

  it.each(routes)("tells of the route %s", (route) => {
    assert.include(readme, route.replace("/_sandbox/", ""))
  })
})
