/** From the documents of an export to the report: finds, compares, asks. */

import type { ContractService } from "../../Contract.js"
import type { Dto } from "../../Dto.js"
import * as Envelope from "../../Envelope.js"
import * as Notification from "../../Notification.js"
import type {
  Choices,
  Compared,
  Difference,
  EnvelopeDifference,
  Export,
  Located,
  Question,
  Report
} from "../../OpenApi.js"
import * as Operation from "../../Operation.js"
import { compareData } from "./compare.js"
import { compareEnvelope } from "./compareEnvelope.js"
import type { Place } from "./difference.js"
import { entriesIn, serversOf } from "./document.js"
import type { Kind } from "./kinds.js"
import { type Found, foundOf, type Matched, match, titlesOf, type Wanted, wantedOperations } from "./match.js"
import type { Shape } from "./shape.js"
import { distinct, listed, show } from "./show.js"
import { mediaDifferences, methodDifferences, parameterDifferences, pathDifferences } from "./transport.js"

/** The vendor's own titles of its pages on notifications (NAME). */
const wantedNotification = <N extends keyof typeof Notification.kinds>(
  name: N,
  section: string,
  title: string
) => ({
  name,
  section,
  title,
  requestName: Notification.kinds[name].data.name,
  responseName: "",
  requestFields: Object.keys(Notification.kinds[name].data.fields),
  titles: titlesOf(title, name)
})

const wantedNotifications = [
  wantedNotification("Kyc", "6.2", "KYC callback"),
  wantedNotification("ThreeDs", "6.3", "3DS Notification"),
  wantedNotification("Trade", "6.4", "Transaction Notification")
]

const isNotification = ({ entry, sections, titleWords }: Found): boolean =>
  entry.isWebhook ||
  sections.some((section) => section.startsWith("6.")) ||
  titleWords.some((word) => ["notification", "callback", "webhook"].includes(word))

const located = ({ file, method, path, title }: Located): Located => ({ file, method, path, title })

/** The same operation on several pages, first page first. */
const grouped = (found: ReadonlyArray<Found>): ReadonlyArray<readonly [Found, ...ReadonlyArray<Found>]> => {
  const groups = new Map<string, [Found, ...Array<Found>]>()
  for (const one of found) {
    const key = `${one.entry.method} ${one.entry.path}`
    const group = groups.get(key)
    if (group === undefined) {
      groups.set(key, [one])
    } else {
      group.push(one)
    }
  }
  return [...groups.values()]
}

const objectIn = (shape: Shape | undefined): Shape | undefined => {
  const items = shape?.items?.()
  return items ?? shape?.alternatives.find(({ properties }) => properties.size > 0) ?? shape
}

/** Whether any object says which of its fields are required; where none does, the export says nothing about it. */
const someNameRequired = (shapes: ReadonlyArray<Shape | undefined>): boolean =>
  shapes.some((shape) => shape?.namesRequired === true)

interface Outcome {
  readonly differences: ReadonlyArray<Difference>
  readonly envelope: ReadonlyArray<Difference>
  readonly notes: ReadonlyArray<string>
}

const bodyKind = ({ name, dto }: { readonly name: string; readonly dto?: Dto }): Kind =>
  name.startsWith("List<")
    ? "list"
    : name === "Boolean"
      ? "flag"
      : dto === undefined
        ? "text"
        : name === dto.name
          ? "object"
          : "objectOrText"

export const survey = (exported: Export, contract: ContractService, choices: Choices): Report => {
  const groups = grouped(exported.documents.flatMap(entriesIn).map(foundOf))
  const first = groups.map(([one]) => one)
  const copiesOf = (found: Found): ReadonlyArray<Found> =>
    groups.find(([one]) => one === found)?.slice(1) ?? []
  const operations = match(
    wantedOperations,
    first.filter((found) => !isNotification(found)),
    ({ name }) => choices.operations?.[name]
  )
  const notifications = match(wantedNotifications, first.filter(isNotification), () => undefined)

  const bodies = operations.matched.map(({ found }) => found.sides)
  const compares = {
    request: {
      envelope: someNameRequired(bodies.map(({ request }) => request.envelope)),
      data: someNameRequired(bodies.map(({ request }) => objectIn(request.data)))
    },
    response: {
      envelope: someNameRequired(bodies.map(({ response }) => response.envelope)),
      data: someNameRequired(bodies.map(({ response }) => objectIn(response.data)))
    }
  }
  const placeOf = (part: Place["part"], level: "envelope" | "data", notes: Array<string>): Place => ({
    contract,
    part,
    comparesRequired: compares[part][level],
    note: (sentence) => notes.push(sentence)
  })

  const outcomeOf = (name: Operation.Name, { entry, sides }: Found): Outcome => {
    const { request, response } = Operation.operations[name]
    const notes: Array<string> = []
    const requestPlace = placeOf("request", "data", notes)
    const responsePlace = placeOf("response", "data", notes)
    const isData = (field: string): boolean => field !== "data"
    return {
      differences: [
        ...pathDifferences(contract, name, entry),
        ...methodDifferences(entry),
        ...mediaDifferences("request", sides.request),
        ...compareData(requestPlace, "object", request, "NAME", sides.request.data, "data"),
        ...mediaDifferences("response", sides.response),
        ...compareData(
          responsePlace,
          bodyKind(response),
          response.dto,
          response.provenance,
          sides.response.data,
          "data"
        )
      ],
      envelope: [
        ...parameterDifferences(sides.parameters),
        ...(sides.request.envelope === undefined
          ? []
          : compareEnvelope(
              placeOf("request", "envelope", notes),
              Envelope.requestFields,
              sides.request.envelope,
              (field) => isData(field) || Object.keys(request.fields).length > 0
            )),
        ...(sides.response.envelope === undefined
          ? []
          : compareEnvelope(
              placeOf("response", "envelope", notes),
              Envelope.responseFields,
              sides.response.envelope,
              () => true
            ))
      ],
      notes
    }
  }

  const conflicts: Array<Question> = []
  const envelopes: Array<readonly [string, ReadonlyArray<Difference>]> = []
  const notes: Array<string> = []
  const compared = operations.matched.flatMap(
    ({ found, score, wanted }): ReadonlyArray<Compared<Operation.Name>> => {
      const outcome = outcomeOf(wanted.name, found)
      const others = copiesOf(found)
      if (others.some((other) => JSON.stringify(outcomeOf(wanted.name, other)) !== JSON.stringify(outcome))) {
        const files = [found, ...others].map(({ entry }) => show(entry.file))
        conflicts.push({
          operation: wanted.name,
          why: `${listed(files)} describe ${found.entry.method} ${show(found.entry.path)} differently; leave out those that no longer hold`,
          candidates: []
        })
        return []
      }
      if (others.length > 0) {
        notes.push(
          `${found.entry.method} ${show(found.entry.path)} is described alike in ${listed([found, ...others].map(({ entry }) => show(entry.file)))}.`
        )
      }
      envelopes.push([wanted.name, outcome.envelope])
      return [comparedOf(wanted.name, matchedTitle(wanted.name), found, score, outcome)]
    }
  )
  const comparedNotifications = notifications.matched.map(({ found, score, wanted }) => {
    const { data } = Notification.kinds[wanted.name]
    const own: Array<string> = []
    const place: Place = {
      contract,
      part: "response",
      comparesRequired: someNameRequired([objectIn(found.sides.request.data)]),
      note: (sentence) => own.push(sentence)
    }
    const outcome: Outcome = {
      differences: [
        ...compareData(place, "object", data, "VENDOR", found.sides.request.data, "data"),
        ...(found.sides.request.envelope === undefined
          ? []
          : compareEnvelope(
              { ...place, comparesRequired: found.sides.request.envelope.namesRequired },
              Notification.envelopeFields,
              found.sides.request.envelope,
              () => true
            ))
      ].map((one) => ({ ...one, part: "notification" as const })),
      envelope: [],
      notes: own
    }
    return comparedOf(wanted.name, { section: wanted.section, title: wanted.title }, found, score, outcome)
  })

  const questions = [
    ...operations.asked.map(
      ({ candidates, wanted, why }): Question => ({
        operation: wanted.name,
        why,
        candidates
      })
    ),
    ...conflicts
  ]
  return {
    files: exported.documents.map(({ file, version }) => ({ file, version })),
    servers: exported.documents
      .flatMap(serversOf)
      .filter(({ url }, at, all) => all.findIndex((other) => other.url === url) === at),
    operations: compared,
    notifications: comparedNotifications,
    questions,
    absent: operations.absent.map(({ name }) => name),
    lacking: [...operations.left, ...notifications.left].map(({ entry }) => located(entry)),
    envelope: everywhere(envelopes),
    notes: [
      ...exported.passedOver.map(({ file, problem }) => `${file}: ${problem}; passed over.`),
      ...exported.documents.flatMap(({ external, file }) =>
        external.length === 0
          ? []
          : [
              `${file}: ${listed(external)} ${external.length === 1 ? "is another document" : "are other documents"}, which no one fetches; what stands there is not compared.`
            ]
      ),
      ...notes,
      ...notifications.asked.map(
        ({ candidates, wanted, why }) =>
          `${wanted.section} ${wanted.title}: ${why} (${listed(candidates.map(({ title }) => `"${title}"`))}), so the notification is not compared.`
      ),
      ...requiredNotes(compares, compared.length > 0)
    ]
  }
}

const matchedTitle = (name: Operation.Name): { readonly section: string; readonly title: string } => {
  const { section, title } = Operation.operations[name]
  return { section, title }
}

const comparedOf = <N extends string>(
  name: N,
  { section, title }: { readonly section: string; readonly title: string },
  { entry }: Found,
  score: Matched<Wanted>["score"],
  { differences, notes }: Outcome
): Compared<N> => ({
  name,
  section,
  title,
  found: located(entry),
  points: score.points,
  reasons: score.reasons,
  differences,
  notes: distinct(notes)
})

/** What many operations have in common is told once. */
const everywhere = (
  all: ReadonlyArray<readonly [string, ReadonlyArray<Difference>]>
): ReadonlyArray<EnvelopeDifference> => {
  const found = new Map<string, { difference: Difference; operations: Array<string> }>()
  for (const [name, differences] of all) {
    for (const difference of differences) {
      const key = JSON.stringify(difference)
      const before = found.get(key)
      if (before === undefined) {
        found.set(key, { difference, operations: [name] })
      } else {
        before.operations.push(name)
      }
    }
  }
  return [...found.values()].map(({ difference, operations }) => ({ ...difference, operations }))
}

const requiredNotes = (
  compares: Readonly<Record<"request" | "response", Readonly<Record<"envelope" | "data", boolean>>>>,
  isAny: boolean
): ReadonlyArray<string> =>
  !isAny
    ? []
    : [
        ...(compares.request.data
          ? []
          : ["No request in the export says which of its fields are required, so that is not compared."]),
        ...(compares.response.data
          ? []
          : ["No answer in the export says which of its fields are always there, so that is not compared."])
      ]
