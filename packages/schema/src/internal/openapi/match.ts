/** Finds our operations among those of an export, by everything that names one, with the reasons. */

import type { Candidate } from "../../OpenApi.js"
import * as Operation from "../../Operation.js"
import type { Entry } from "./document.js"
import { type Sides, sidesOf } from "./envelope.js"
import { distinct, show } from "./show.js"
import { alike, innerNames, isSame, sectionsOf, wordsIn } from "./words.js"

/** An operation of the export with what is compared over and over. */
export interface Found {
  readonly entry: Entry
  readonly sides: Sides
  readonly sections: ReadonlyArray<string>
  readonly titleWords: ReadonlyArray<string>
  readonly pathWords: ReadonlyArray<string>
  readonly idWords: ReadonlyArray<string>
}

export const foundOf = (entry: Entry): Found => {
  const { rest, sections } = sectionsOf(entry.title)
  return {
    entry,
    sides: sidesOf(entry),
    sections,
    titleWords: wordsIn(rest),
    pathWords: distinct(wordsIn(entry.path)),
    idWords: distinct(wordsIn(entry.operationId))
  }
}

/** What is looked for: an operation of ours, or a notification. */
export interface Wanted {
  readonly name: string
  readonly section: string
  readonly title: string
  readonly requestName: string
  readonly responseName: string
  readonly requestFields: ReadonlyArray<string>
  /** Of the vendor's title and of our name. */
  readonly titles: ReadonlyArray<ReadonlyArray<string>>
}

export const titlesOf = (title: string, name: string): Wanted["titles"] => [wordsIn(title), wordsIn(name)]

export const wantedOperations: ReadonlyArray<Wanted & { readonly name: Operation.Name }> = Operation.all.map(
  ({ name, request, response, section, title }) => ({
    name,
    section: `${Number(section.split(".")[0])}.${Number(section.split(".")[1])}`,
    title,
    requestName: request.name,
    responseName: response.name,
    requestFields: Object.keys(request.fields),
    titles: titlesOf(title, name)
  })
)

/** Below this nothing is asked about; from here on it is a match, if nothing else comes near. */
const worthAsking = 30
const sure = 40
const lead = 15

const general = new Set(["Boolean", "String", "Object", "List", "Void", "Integer", "Long"])

const namesIn = (name: string | undefined): ReadonlyArray<string> =>
  innerNames(name ?? "").filter((part) => !general.has(part))

/** The data object inside `ApiRequest«CardDetailDto»` is the last name; what stands before is the envelope. */
const lastOf = (name: string | undefined): string | undefined => namesIn(name).at(-1)

interface Score {
  readonly points: number
  readonly reasons: ReadonlyArray<string>
}

const bySection = (wanted: Wanted, sections: ReadonlyArray<string>): Score =>
  sections.length === 0
    ? { points: 0, reasons: [] }
    : sections.includes(wanted.section)
      ? { points: 40, reasons: [`section ${wanted.section}`] }
      : { points: -15, reasons: [`numbered ${sections.join(" and ")}, not ${wanted.section}`] }

const hasTitle = ({ titles }: Wanted, { titleWords }: Found): boolean =>
  titles.some((words) => isSame(titleWords, words))

const byTitle = (wanted: Wanted, found: Found): Score => {
  if (found.titleWords.length === 0) {
    return { points: 0, reasons: [] }
  }
  if (hasTitle(wanted, found)) {
    return { points: 45, reasons: ["the same title"] }
  }
  const share = Math.max(...wanted.titles.map((words) => alike(found.titleWords, words)))
  return share < 0.25
    ? { points: -15, reasons: ["another title"] }
    : { points: Math.round(30 * share), reasons: [`${Math.round(100 * share)} % of the title's words`] }
}

const bySchema = (wanted: Wanted, { request, response }: Sides): Score => {
  const requestNames = [lastOf(request.name), lastOf(request.data?.name)].filter((name) => name !== undefined)
  const responseNames = distinct(
    [response.name, response.data?.name, response.data?.items?.().name].flatMap(namesIn)
  )
  const ours = namesIn(wanted.responseName)
  const isRequest = requestNames.includes(wanted.requestName) && !general.has(wanted.requestName)
  const isOther =
    !isRequest && !general.has(wanted.requestName) && requestNames.some((name) => /^[A-Z]\w*Dto$/.test(name))
  const isResponse = ours.some((name) => responseNames.includes(name))
  return {
    points: (isRequest ? 25 : isOther ? -10 : 0) + (isResponse ? 15 : 0),
    reasons: [
      ...(isRequest ? [`request ${wanted.requestName}`] : []),
      ...(isOther ? [`request ${requestNames[0]}, not ${wanted.requestName}`] : []),
      ...(isResponse ? [`answer ${wanted.responseName}`] : [])
    ]
  }
}

const byPath = ({ titles }: Wanted, { entry, idWords, pathWords }: Found): Score => {
  const share = Math.max(...titles.map((words) => alike(pathWords, distinct(words))))
  const ids = Math.max(...titles.map((words) => alike(idWords, distinct(words))))
  return {
    points: Math.round(15 * share) + Math.round(10 * ids),
    reasons: [
      ...(share >= 0.5 ? ["the words of its path"] : []),
      ...(ids >= 0.6 ? [`operationId ${show(entry.operationId)}`] : [])
    ]
  }
}

const byFields = (wanted: Wanted, { request }: Sides): Score => {
  const theirs = [...(request.data?.properties.keys() ?? [])]
  const share = alike(wanted.requestFields, theirs)
  return { points: Math.round(12 * share), reasons: share >= 0.5 ? ["the fields of its request"] : [] }
}

/** The number of one and the title of another: then only the names of its schemas can tell. */
const isTorn = (one: Wanted, found: Found, all: ReadonlyArray<Wanted>): boolean => {
  const { sections } = found
  const isNumbered = sections.includes(one.section)
  const isTitled = hasTitle(one, found)
  const isOthers = all.some(
    (other) =>
      other !== one &&
      ((!isTitled && hasTitle(other, found)) ||
        (sections.includes(other.section) && (!isNumbered || sections.length > 1)))
  )
  return isOthers && bySchema(one, found.sides).points <= 0
}

const scoreOf = (wanted: Wanted, found: Found): Score => {
  const scores = [
    bySection(wanted, found.sections),
    byTitle(wanted, found),
    bySchema(wanted, found.sides),
    byPath(wanted, found),
    byFields(wanted, found.sides),
    found.entry.isDeprecated ? { points: -10, reasons: ["marked as deprecated"] } : { points: 0, reasons: [] }
  ]
  return {
    points: scores.reduce((sum, { points }) => sum + points, 0),
    reasons: scores.flatMap(({ reasons }) => reasons)
  }
}

export interface Matched<W extends Wanted> {
  readonly wanted: W
  readonly found: Found
  readonly score: Score
}

export interface Matches<W extends Wanted> {
  readonly matched: ReadonlyArray<Matched<W>>
  readonly asked: ReadonlyArray<{
    readonly wanted: W
    readonly candidates: ReadonlyArray<Candidate>
    readonly why: string
  }>
  readonly absent: ReadonlyArray<W>
  readonly left: ReadonlyArray<Found>
}

const candidateOf = (found: Found, score: Score): Candidate => ({
  file: found.entry.file,
  method: found.entry.method,
  path: found.entry.path,
  title: found.entry.title,
  points: score.points,
  reasons: score.reasons
})

/**
 * Takes what stands out, again and again, until nothing does: a pair where neither side has anything else that comes near.
 * What is left and fits to some degree is asked about. `chosen` gives paths that a person has picked.
 */
export const match = <W extends Wanted>(
  wanted: ReadonlyArray<W>,
  found: ReadonlyArray<Found>,
  chosen: (wanted: W) => string | undefined
): Matches<W> => {
  const matched: Array<Matched<W>> = []
  const asked: Array<Matches<W>["asked"][number]> = []
  const open = new Set(wanted)
  const free = new Set(found)
  const scores = new Map(
    wanted.map((one) => [one, new Map(found.map((other) => [other, scoreOf(one, other)]))])
  )
  const noScore: Score = { points: 0, reasons: [] }
  const score = (one: W, other: Found): Score => scores.get(one)?.get(other) ?? noScore
  const ranked = (one: W): ReadonlyArray<Found> =>
    [...free].toSorted((left, right) => score(one, right).points - score(one, left).points)
  const take = (one: W, other: Found, isChosen = false): void => {
    const { points, reasons } = score(one, other)
    matched.push({
      wanted: one,
      found: other,
      score: { points, reasons: isChosen ? ["your choice", ...reasons] : reasons }
    })
    open.delete(one)
    free.delete(other)
  }
  const ask = (one: W, why: string, least = worthAsking): void => {
    const candidates = ranked(one)
      .filter((other) => score(one, other).points >= least)
      .slice(0, 5)
      .map((other) => candidateOf(other, score(one, other)))
    asked.push({ wanted: one, candidates, why })
    open.delete(one)
  }

  for (const one of wanted) {
    const path = chosen(one)
    const fitting = found.filter(({ entry }) => entry.path === path)
    const other = fitting.find(({ entry }) => entry.method === "POST") ?? fitting[0]
    if (path !== undefined && other !== undefined && free.has(other)) {
      take(one, other, true)
    } else if (path !== undefined) {
      ask(
        one,
        other === undefined
          ? `the path ${show(path)} that was chosen is not among those in the export`
          : `the path ${show(path)} was chosen for another operation too`,
        10
      )
    }
  }

  const standingOut = (): readonly [W, Found] | undefined => {
    for (const one of open) {
      const [best, next] = ranked(one)
      const points = best === undefined ? 0 : score(one, best).points
      if (
        best !== undefined &&
        points >= sure &&
        !isTorn(one, best, wanted) &&
        (next === undefined || points - score(one, next).points >= lead) &&
        [...open].every((other) => other === one || points - score(other, best).points >= lead)
      ) {
        return [one, best]
      }
    }
    return undefined
  }
  for (let pair = standingOut(); pair !== undefined; pair = standingOut()) {
    take(...pair)
  }

  for (const one of wanted.filter((other) => open.has(other))) {
    const fitting = ranked(one).filter((other) => score(one, other).points >= worthAsking)
    const [best] = fitting
    if (best !== undefined) {
      ask(
        one,
        isTorn(one, best, wanted)
          ? best.sections.length > 1
            ? "one operation of the export has the numbers of several"
            : "the number of one operation and the title of another stand together"
          : fitting.length > 1 && score(one, best).points >= sure
            ? "several fit"
            : "nothing fits well enough to be sure"
      )
    }
  }

  const inQuestion = new Set(
    asked.flatMap(({ candidates }) => candidates.map(({ method, path }) => `${method} ${path}`))
  )
  const order = (one: W): number => wanted.indexOf(one)
  return {
    matched: matched.toSorted((left, right) => order(left.wanted) - order(right.wanted)),
    asked: asked.toSorted((left, right) => order(left.wanted) - order(right.wanted)),
    absent: wanted.filter((one) => open.has(one)),
    left: [...free].filter(({ entry }) => !inQuestion.has(`${entry.method} ${entry.path}`))
  }
}
