/* What the page shows of each part of the sandbox. */
import { $, badge, draw, el, iso, list, many, table, time } from "./dom.js"

/** @typedef {(typeof import("../src/State.js").Summary)["Encoded"]} Summary */
/** @typedef {(typeof import("../src/State.js").State)["Encoded"]} State */
/** @typedef {(typeof import("../src/State.js").Calls)["Encoded"]} Calls */
/** @typedef {(typeof import("../src/State.js").Delivery)["Encoded"]} Delivery */
/** @typedef {(typeof import("../src/Fault.js").Report)["Encoded"]} Faults */
/** @typedef {(typeof import("../src/Rules.js").Rules)["Encoded"]} Rules */

/** @param {string | number} amount @param {string} currency */
const money = (amount, currency) => `${amount}\u00a0${currency}`

/** @param {number} ahead */
const lead = (ahead) => {
  const seconds = Math.round(ahead / 1000)
  if (seconds === 0) return "as this machine's"
  const parts = /** @type {const} */ ([
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"]
  ])
  let rest = Math.abs(seconds)
  const words = parts.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count} ${unit}`]
  })
  return `${words.join(" ")} ${seconds > 0 ? "ahead of" : "behind"} this machine's`
}

/** @param {Summary} summary */
export const showSummary = ({ clock, ...summary }) => {
  const { balances, booked, deliveries } = summary
  draw("clock-now", clock.frozen ? clock : [iso(clock.now), Math.round(clock.ahead / 1000)], () => [
    el("strong", "", time(clock.now), " UTC"),
    clock.frozen ? ", standing still, " : ", ",
    lead(clock.ahead)
  ])
  draw("clock-next", clock.nextAt ?? null, (next) =>
    next === null ? ["Nothing is due."] : ["Next due at ", time(next), "."]
  )
  draw("figures", summary, () => {
    const even = balances === booked
    /** @type {Array<[string, string, string]>} */
    const figures = [
      ["Customers", summary.customers.toLocaleString("en"), ""],
      ["Cards", summary.cards.toLocaleString("en"), ""],
      ["Orders", summary.orders.toLocaleString("en"), `${summary.ordersPending} pending`],
      ["Transactions", summary.transactions.toLocaleString("en"), ""],
      ["3-D Secure", summary.threeDs.toLocaleString("en"), `${summary.threeDsPending} pending`],
      ["Calls", summary.calls.toLocaleString("en"), ""]
    ]
    return [
      ...figures.map(([name, value, note]) =>
        el("div", "", el("dt", "", name), el("dd", "", el("b", "", value), " ", el("small", "", note)))
      ),
      el(
        "div",
        "money",
        el("dt", "", "All balances = all ledgers"),
        el(
          "dd",
          "",
          el("b", "", `${balances} ${even ? "=" : "≠"} ${booked} USD`),
          " ",
          el("span", `badge ${even ? "ok" : "broken"}`, even ? "ok" : "not ok: please report it")
        )
      ),
      el(
        "div",
        "money",
        el("dt", "", "Notifications"),
        el(
          "dd",
          "",
          Object.entries(deliveries)
            .map(([status, count]) => `${count.toLocaleString("en")} ${status}`)
            .join(", ")
        )
      )
    ]
  })
  draw("merchants", summary.merchants, (merchants) => [
    table(
      "Merchants",
      /** @type {const} */ ([
        ["Merchant", (row) => row.merchantNo],
        ["State", (row) => badge(row.enabled ? "on" : "off")],
        [
          "Notifications go to",
          (row) => row.callbackUrl ?? "nowhere yet, they wait: give a URL by POST /_sandbox/callbacks"
        ]
      ]),
      merchants
    )
  ])
}

/** @param {Faults} faults @param {Rules} rules */
export const showFaults = (faults, rules) => {
  const rows = [
    ...faults.calls.map((each) => ({ ...each, about: "calls", only: each.rule.operations })),
    ...faults.notifications.map((each) => ({ ...each, about: "notifications", only: each.rule.events }))
  ]
  draw("faults-list", rows, () =>
    rows.length === 0
      ? [el("p", "empty", "No faults: a good day. POST /_sandbox/faults sets some.")]
      : [
          table(
            "Faults",
            [
              ["Fault", ({ rule }) => rule.fault],
              ["Of", ({ about, only }) => only?.join(", ") ?? `all ${about}`],
              [
                "When and how",
                ({ rule }) =>
                  Object.entries(rule)
                    .filter(([name]) => !["fault", "operations", "events"].includes(name))
                    .map(([name, value]) => `${name} ${value}`)
                    .join(", ") || "always"
              ],
              ["Asked", ({ matched }) => matched],
              ["Fired", ({ fired }) => fired]
            ],
            rows
          )
        ]
  )
  $("magic-off").hidden = rules.magic
}

/** @param {Delivery["attempts"][number]} attempt */
const outcome = (attempt) =>
  attempt.error ?? `HTTP ${attempt.status}: ${attempt.answer === "" ? "(empty)" : attempt.answer}`

/** @param {Delivery} delivery @param {HTMLElement} line @param {HTMLElement} inside */
const fill = (delivery, line, inside) => {
  const { attempts, echoOf, faults, nextAttemptAt } = delivery
  line.replaceChildren(
    el("span", "id", `#${delivery.id}`),
    el("span", "kind", delivery.eventType, " ", el("small", "", delivery.eventName)),
    el("span", "subject", delivery.subject ?? ""),
    badge(delivery.status),
    el("span", "tries", many(attempts.length, "attempt")),
    time(delivery.createdAt)
  )
  /** @type {Array<[string, (attempt: Delivery["attempts"][number]) => Node | string]>} */
  const columns = [
    ["Sent at", (attempt) => time(attempt.at)],
    ["Answer or error", outcome],
    ["Sent instead of the body", (attempt) => attempt.body ?? "–"]
  ]
  const changed = attempts.some(({ body }) => body !== undefined)
  const notes = [
    `For merchant ${delivery.merchantNo}.`,
    nextAttemptAt === undefined ? "" : `Sent next at ${iso(nextAttemptAt)}.`,
    faults.length === 0 ? "" : `Faults: ${faults.join(", ")}.`,
    echoOf === undefined ? "" : `It contradicts or repeats #${echoOf}.`
  ]
  inside.replaceChildren(
    el("p", "", notes.filter((note) => note !== "").join(" ")),
    attempts.length === 0
      ? el("p", "empty", "Not sent yet.")
      : table(`Attempts to deliver notification ${delivery.id}`, columns.slice(0, changed ? 3 : 2), attempts),
    el("h3", "", "Body, as it was signed"),
    el("pre", "", delivery.body)
  )
}

/** @type {Map<number, { text: string, details: HTMLElement, line: HTMLElement, inside: HTMLElement }>} */
const rows = new Map()
/** @param {ReadonlyArray<Delivery>} deliveries @param {Summary} summary */
export const showDeliveries = (deliveries, summary) => {
  const all = Object.values(summary.deliveries).reduce((sum, count) => sum + count, 0)
  draw("deliveries-note", [all, summary.deliveriesForgotten, deliveries.length], () => [
    all === 0
      ? "No notification yet; they come when a KYC is reviewed, a shop asks for money, or 3-D Secure is asked for."
      : deliveries.length < all
        ? `The latest ${deliveries.length} of ${all.toLocaleString("en")}, newest first.`
        : `${all.toLocaleString("en")} in all, newest first.`,
    summary.deliveriesForgotten === 0
      ? undefined
      : ` ${many(summary.deliveriesForgotten, "older one")}, acknowledged, no longer kept.`
  ])
  const old = new Map(rows)
  rows.clear()
  const place = $("deliveries-list")
  ;[...deliveries].reverse().forEach((delivery, index) => {
    const text = JSON.stringify(delivery)
    const line = el("summary", "")
    const inside = el("div", "inside")
    const row = old.get(delivery.id) ?? { text: "", line, inside, details: el("details", "", line, inside) }
    if (row.text !== text) fill(delivery, row.line, row.inside)
    rows.set(delivery.id, { ...row, text })
    const there = place.children[index]
    if (there !== row.details) place.insertBefore(row.details, there ?? null)
  })
  while (place.children.length > deliveries.length) place.lastElementChild?.remove()
}

/** @param {State} state @param {Summary} summary @param {Calls} calls */
export const showLists = (state, summary, calls) => {
  list(
    "calls-list",
    "Calls",
    summary.calls,
    calls.latest,
    "No call yet; the vendor's API is at this address, at the contract's paths.",
    [
      ["At", (call) => time(call.at)],
      ["Operation", (call) => call.operation],
      ["Merchant", (call) => call.merchantNo ?? "–"],
      ["Code", (call) => call.code ?? "none: not executed"],
      ["Fault", (call) => (call.fault === undefined ? "–" : badge(call.fault))]
    ]
  )
  list(
    "customers-list",
    "Customers",
    summary.customers,
    state.customers,
    "No customer yet; createCustomer (2.1) makes one.",
    [
      ["Customer", (row) => row.customerId],
      ["Code", (row) => row.customerCode],
      ["KYC", (row) => badge(row.kyc)],
      ["Liveness", (row) => row.liveness ?? "–"],
      ["Remark", (row) => row.remark ?? "–"],
      ["Since", (row) => time(row.createdAt)]
    ]
  )
  list(
    "cards-list",
    "Cards",
    summary.cards,
    state.cards,
    "No card yet; createVirtualCard (4.01) makes one for a customer whose KYC has passed.",
    [
      ["Card", (row) => row.cardId],
      ["Number", (row) => row.maskedCardNumber],
      ["Form", (row) => row.form],
      ["Status", (row) => badge(row.status)],
      ["Balance", (row) => money(row.balance, row.currency)],
      ["Held", (row) => row.held],
      ["Available", (row) => row.available],
      ["Customer", (row) => row.customerId ?? "not bound"]
    ]
  )
  list(
    "orders-list",
    "Orders",
    summary.orders,
    state.orders,
    "No order yet; adjustBalance (4.04) makes one.",
    [
      ["Merchant's number", (row) => row.merchantOrderNo],
      ["Card", (row) => row.cardId],
      ["Direction", (row) => row.direction],
      ["Amount", (row) => row.amount],
      ["Status", (row) => badge(row.status)],
      ["At", (row) => time(row.createdAt)]
    ]
  )
  list(
    "transactions-list",
    "Transactions",
    summary.transactions,
    state.transactions,
    "No purchase yet; POST /_sandbox/authorizations makes a shop ask for money.",
    [
      ["At", (row) => time(row.at)],
      ["Kind", (row) => row.kind],
      ["Amount", (row) => money(row.amount, row.currency)],
      ["Shop", (row) => row.merchantName ?? "–"],
      ["Status", (row) => badge(row.status)],
      ["Why declined", (row) => row.declineReason ?? "–"],
      ["Card", (row) => row.cardId]
    ]
  )
}

export const forgetDeliveries = () => {
  rows.clear()
  $("deliveries-list").replaceChildren()
}
