/**
 * The vendor's bad days: what can go wrong between a call and its answer, and between an event and its notification.
 * A plan is a list of rules; each rule fires by rate or as a script, and which calls and notifications it hits depends on the
 * seed and on their order alone, so that the same seed and the same calls give the same bad day again.
 *
 * What it cannot repeat is what others decide: the order of calls that are made side by side, and a receiver whose answers depend
 * on which of several notifications under way arrives first.
 *
 * @since 0.1.0
 */
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"

const OperationName = Schema.String.pipe(
  Schema.filter(Operation.isName, {
    message: () => "expected the name of an operation, such as adjustBalance"
  })
)

const Count = Schema.Int.pipe(Schema.between(0, 1_000_000_000))

const Delay = Schema.Number.pipe(Schema.finite(), Schema.between(0, 86_400))

/** When a rule fires: always, unless one of these says otherwise. */
const when = {
  rate: Schema.optional(Schema.Number.pipe(Schema.between(0, 1))).annotations({
    description: "The share of matching calls or notifications that it hits, from 0 to 1."
  }),
  skip: Schema.optional(Count).annotations({ description: "How many matching ones pass before it begins." }),
  times: Schema.optional(Count).annotations({ description: "How often it fires at most." })
}

/** As a list, for descriptions. */
const listOf = (meanings: Readonly<Record<string, string>>): string =>
  Object.entries(meanings)
    .map(([fault, meaning]) => `- \`${fault}\`: ${meaning}`)
    .join("\n")

/** An option of other faults: passed over, it would make something else happen than was asked for. */
const foreign = <K extends string>(
  rule: { readonly fault: string } & { readonly [P in K]?: unknown },
  option: K,
  faults: readonly [string, ...ReadonlyArray<string>]
): ReadonlyArray<Schema.FilterIssue> =>
  rule[option] === undefined || faults.includes(rule.fault)
    ? []
    : [
        {
          path: [option],
          message: `belongs to ${faults.join(" and ")}, and ${rule.fault} does not take it; leave it out`
        }
      ]

const strict = { parseOptions: { errors: "all", onExcessProperty: "error" } } as const

/**
 * What happens to a call: {@link callFaults} says of each what it is.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CallFault = Schema.Literal("lost", "reset", "status", "html", "code", "truncated", "slow")
/**
 * @since 0.1.0
 * @category schemas
 */
export type CallFault = typeof CallFault.Type

/**
 * What each does to a call.
 *
 * @since 0.1.0
 * @category data
 */
export const callFaults: Readonly<Record<CallFault, string>> = {
  lost: "the connection is closed without an answer.",
  reset: "the connection is reset.",
  status: "another HTTP status than 200, with a text that is no JSON; 503 unless `status` says otherwise.",
  html: "an error page as a proxy gives it, HTTP 502 unless `status` says otherwise.",
  code: "an answer with a failure code, 3000000 unless `code` says otherwise.",
  truncated: "the answer ends in the middle of its JSON.",
  slow: "nothing but the delay; it is executed in any case."
}

/**
 * A rule for calls. `executed` says on which side of the effect it happens, and a delay of its own comes before the effect when not
 * executed, and after it when executed. `status` belongs to the faults `status` and `html`, `code` to `code`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CallRule = Schema.Struct({
  fault: described(CallFault, listOf(callFaults)),
  operations: Schema.optional(Schema.NonEmptyArray(OperationName)).annotations({
    description: "The operations that it is about; all when not given."
  }),
  executed: Schema.optional(Schema.Boolean).annotations({
    description: "Whether the call has its effect all the same; `false` unless given."
  }),
  status: Schema.optional(Schema.Int.pipe(Schema.between(300, 599))).annotations({
    description: "The HTTP status of the faults `status` and `html`; no other takes it."
  }),
  code: Schema.optional(Schema.NonEmptyTrimmedString).annotations({
    description:
      "The failure code of the fault `code`; no other takes it, and the contract's code of success is refused."
  }),
  delaySeconds: Schema.optional(Delay).annotations({
    description: "A delay of its own, in seconds of real time."
  }),
  ...when
})
  // Here and not after the filter: OpenAPI has no word for that, and takes no description from it.
  .annotations({
    identifier: "CallRule",
    description:
      "A rule for calls. `executed` says on which side of the effect it happens: `false` and the call changes nothing, `true` and it has happened though its answer does not say so. A delay of its own comes before the effect when not executed, and after it when executed; it is real time, whatever the sandbox's clock shows. A caller who hangs up meanwhile does not take the call back. Of several rules that fire the first counts."
  })
  .pipe(
    Schema.filter((rule) => [
      ...foreign(rule, "status", ["status", "html"]),
      ...foreign(rule, "code", ["code"])
    ])
  )
  .annotations(strict)
/**
 * @since 0.1.0
 * @category schemas
 */
export type CallRule = typeof CallRule.Type

/**
 * What happens to a notification: {@link notificationFaults} says of each what it is.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NotificationFault = Schema.Literal(
  "duplicate",
  "late",
  "reorder",
  "early",
  "lost",
  "forgetful",
  "freshNonce",
  "contradict",
  "unknownField",
  "nestedValue",
  "keyCollision",
  "unknownEvent"
)
/**
 * @since 0.1.0
 * @category schemas
 */
export type NotificationFault = typeof NotificationFault.Type

/**
 * What each does to a notification.
 *
 * @since 0.1.0
 * @category data
 */
export const notificationFaults: Readonly<Record<NotificationFault, string>> = {
  duplicate: "it is sent twice, side by side, the same to the byte. What else befalls it befalls both.",
  late: "its first send waits (`delaySeconds`, 5 unless given), so that later ones overtake it.",
  reorder:
    "it waits until the merchant's next notification was sent, `delaySeconds` (5 unless given) at most.",
  early: "it is sent before the call that caused it is answered.",
  lost: "it is never sent, as if the vendor had given up.",
  forgetful: "an acknowledgement is not heard; it is sent again until the tenth time.",
  freshNonce: "each re-send has a nonce, time and signature of its own.",
  contradict:
    "another one follows that says otherwise of the same thing: another amount under the same business key, or for a KYC the other result.",
  unknownField: "`data` has a field that nobody documented.",
  nestedValue: "`data` has an object inside, signed as compact JSON.",
  keyCollision: "`eventType` stands in `data` too, with another value; the one in `data` is signed.",
  unknownEvent: "one of a kind that nobody documented follows."
}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Event = Schema.Literal("kyc", "threeDs", "trade")
/**
 * @since 0.1.0
 * @category schemas
 */
export type Event = typeof Event.Type

/**
 * A rule for notifications. All rules that fire apply. `delaySeconds` belongs to `late` and `reorder`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NotificationRule = Schema.Struct({
  fault: described(NotificationFault, listOf(notificationFaults)),
  events: Schema.optional(Schema.NonEmptyArray(Event)).annotations({
    description: "The kinds of notification that it is about; all three when not given."
  }),
  delaySeconds: Schema.optional(Delay).annotations({
    description: "How long `late` and `reorder` wait, in seconds; no other takes it."
  }),
  ...when
})
  .annotations({
    identifier: "NotificationRule",
    description: "A rule for notifications. All rules that fire apply."
  })
  .pipe(Schema.filter((rule) => foreign(rule, "delaySeconds", ["late", "reorder"])))
  .annotations(strict)
/**
 * @since 0.1.0
 * @category schemas
 */
export type NotificationRule = typeof NotificationRule.Type

/**
 * A bad day.
 *
 * @example
 * ```ts
 * import type * as Fault from "@effect-yunmo/sandbox/Fault"
 *
 * // The third top-up is executed and its answer lost; a third of all notifications arrive twice.
 * const plan: Fault.Plan = {
 *   calls: [{ fault: "lost", operations: ["adjustBalance"], executed: true, skip: 2, times: 1 }],
 *   notifications: [{ fault: "duplicate", rate: 0.3 }]
 * }
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const Plan = Schema.Struct({
  calls: Schema.optional(Schema.Array(CallRule)),
  notifications: Schema.optional(Schema.Array(NotificationRule))
}).annotations({ ...strict, identifier: "FaultPlan", description: "A bad day." })
/**
 * @since 0.1.0
 * @category schemas
 */
export type Plan = typeof Plan.Type

/**
 * A rule in force, with how many calls or notifications it has looked at and how many it has hit.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Counted = <A, I>(rule: Schema.Schema<A, I>) =>
  Schema.Struct({ rule, matched: Schema.Number, fired: Schema.Number })

/**
 * The plan in force.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Report = Schema.Struct({
  calls: Schema.Array(Counted(CallRule)),
  notifications: Schema.Array(Counted(NotificationRule))
}).annotations({ identifier: "FaultReport", description: "The plan in force." })
/**
 * @since 0.1.0
 * @category schemas
 */
export type Report = typeof Report.Type
