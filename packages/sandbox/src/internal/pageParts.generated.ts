/* Made by page/build.ts from the files beside it. */

export const script = `/* What the page is made of. What the sandbox says reaches the document as text only. */

/** @typedef {Node | string | number | undefined} Child */

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

/** @param {ReadonlyArray<Child>} children */
const nodes = (children) =>
  children.flatMap((child) =>
    child === undefined ? [] : [typeof child === "number" ? String(child) : child]
  )

/** Children given as strings become text, whatever stands in them.
 * @param {string} name @param {string} className @param {...Child} children */
const el = (name, className, ...children) => {
  const element = document.createElement(name)
  element.className = className
  element.append(...nodes(children))
  return element
}

/** @param {number} at */
const iso = (at) => new Date(at).toISOString().replace("T", " ").slice(0, 19)

/** @param {number} at */
const time = (at) => {
  const element = el("time", "", iso(at))
  element.setAttribute("datetime", new Date(at).toISOString())
  return element
}

/** @param {string} state */
const badge = (state) => el("span", \`badge \${state}\`, state)

/** @param {number} count @param {string} one @param {string} [many] */
const many = (count, one, many = \`\${one}s\`) =>
  \`\${count.toLocaleString("en")} \${count === 1 ? one : many}\`

/** What was drawn from the same data stays as it is: the selection, the focus and the scrolling too.
 * @type {Map<string, string>} */
const drawn = new Map()
/** @template A @param {string} id @param {A} data @param {(data: A) => Array<Child>} make */
const draw = (id, data, make) => {
  const text = JSON.stringify(data)
  if (drawn.get(id) === text) return
  drawn.set(id, text)
  $(id).replaceChildren(...nodes(make(data)))
}

/** @template A @param {string} label @param {ReadonlyArray<readonly [string, (row: A) => Child]>} columns @param {ReadonlyArray<A>} rows */
const table = (label, columns, rows) => {
  const head = columns.map(([name]) => {
    const cell = el("th", "", name)
    cell.setAttribute("scope", "col")
    return cell
  })
  const body = rows.map((row) => el("tr", "", ...columns.map(([, cell]) => el("td", "", cell(row)))))
  const region = el(
    "div",
    "scroll",
    el("table", "", el("thead", "", el("tr", "", ...head)), el("tbody", "", ...body))
  )
  region.tabIndex = 0
  region.setAttribute("role", "region")
  region.setAttribute("aria-label", label)
  return region
}

/** The newest first, and how many there are where these are not all.
 * @template A @param {string} id @param {string} label @param {number} all @param {ReadonlyArray<A>} rows @param {string} empty
 * @param {ReadonlyArray<readonly [string, (row: A) => Child]>} columns */
const list = (id, label, all, rows, empty, columns) =>
  draw(id, [all, rows], () =>
    rows.length === 0
      ? [el("p", "empty", empty)]
      : [
          el(
            "p",
            "count",
            rows.length < all
              ? \`The latest \${rows.length} of \${all.toLocaleString("en")}, newest first.\`
              : \`\${all.toLocaleString("en")} in all, newest first.\`
          ),
          table(label, columns, [...rows].reverse())
        ]
  )

const forget = () => {
  for (const id of drawn.keys()) $(id).replaceChildren()
  drawn.clear()
}

/* What the page shows of each part of the sandbox. */

/** @typedef {(typeof import("../src/State.js").Summary)["Encoded"]} Summary */
/** @typedef {(typeof import("../src/State.js").State)["Encoded"]} State */
/** @typedef {(typeof import("../src/State.js").Calls)["Encoded"]} Calls */
/** @typedef {(typeof import("../src/State.js").Delivery)["Encoded"]} Delivery */
/** @typedef {(typeof import("../src/Fault.js").Report)["Encoded"]} Faults */
/** @typedef {(typeof import("../src/Rules.js").Rules)["Encoded"]} Rules */

/** @param {string | number} amount @param {string} currency */
const money = (amount, currency) => \`\${amount}\\u00a0\${currency}\`

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
    return count === 0 ? [] : [\`\${count} \${unit}\`]
  })
  return \`\${words.join(" ")} \${seconds > 0 ? "ahead of" : "behind"} this machine's\`
}

/** @param {Summary} summary */
const showSummary = ({ clock, ...summary }) => {
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
      ["Orders", summary.orders.toLocaleString("en"), \`\${summary.ordersPending} pending\`],
      ["Transactions", summary.transactions.toLocaleString("en"), ""],
      ["3-D Secure", summary.threeDs.toLocaleString("en"), \`\${summary.threeDsPending} pending\`],
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
          el("b", "", \`\${balances} \${even ? "=" : "≠"} \${booked} USD\`),
          " ",
          el("span", \`badge \${even ? "ok" : "broken"}\`, even ? "ok" : "not ok: please report it")
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
            .map(([status, count]) => \`\${count.toLocaleString("en")} \${status}\`)
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
const showFaults = (faults, rules) => {
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
              ["Of", ({ about, only }) => only?.join(", ") ?? \`all \${about}\`],
              [
                "When and how",
                ({ rule }) =>
                  Object.entries(rule)
                    .filter(([name]) => !["fault", "operations", "events"].includes(name))
                    .map(([name, value]) => \`\${name} \${value}\`)
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
  attempt.error ?? \`HTTP \${attempt.status}: \${attempt.answer === "" ? "(empty)" : attempt.answer}\`

/** @param {Delivery} delivery @param {HTMLElement} line @param {HTMLElement} inside */
const fill = (delivery, line, inside) => {
  const { attempts, echoOf, faults, nextAttemptAt } = delivery
  line.replaceChildren(
    el("span", "id", \`#\${delivery.id}\`),
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
    \`For merchant \${delivery.merchantNo}.\`,
    nextAttemptAt === undefined ? "" : \`Sent next at \${iso(nextAttemptAt)}.\`,
    faults.length === 0 ? "" : \`Faults: \${faults.join(", ")}.\`,
    echoOf === undefined ? "" : \`It contradicts or repeats #\${echoOf}.\`
  ]
  inside.replaceChildren(
    el("p", "", notes.filter((note) => note !== "").join(" ")),
    attempts.length === 0
      ? el("p", "empty", "Not sent yet.")
      : table(\`Attempts to deliver notification \${delivery.id}\`, columns.slice(0, changed ? 3 : 2), attempts),
    el("h3", "", "Body, as it was signed"),
    el("pre", "", delivery.body)
  )
}

/** @type {Map<number, { text: string, details: HTMLElement, line: HTMLElement, inside: HTMLElement }>} */
const rows = new Map()
/** @param {ReadonlyArray<Delivery>} deliveries @param {Summary} summary */
const showDeliveries = (deliveries, summary) => {
  const all = Object.values(summary.deliveries).reduce((sum, count) => sum + count, 0)
  draw("deliveries-note", [all, summary.deliveriesForgotten, deliveries.length], () => [
    all === 0
      ? "No notification yet; they come when a KYC is reviewed, a shop asks for money, or 3-D Secure is asked for."
      : deliveries.length < all
        ? \`The latest \${deliveries.length} of \${all.toLocaleString("en")}, newest first.\`
        : \`\${all.toLocaleString("en")} in all, newest first.\`,
    summary.deliveriesForgotten === 0
      ? undefined
      : \` \${many(summary.deliveriesForgotten, "older one")}, acknowledged, no longer kept.\`
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
const showLists = (state, summary, calls) => {
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

const forgetDeliveries = () => {
  rows.clear()
  $("deliveries-list").replaceChildren()
}

/*
 * The status page's script. \`node page/build.ts\` puts it together with its modules into src/internal/pageParts.generated.ts, which is
 * what the page serves. The credential stays in this module.
 */

const every = 2000
const patience = 30_000
const latest = 100

/** @type {string | undefined} */
let credential
let asking = false
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer
let asOf = ""

const field = /** @type {HTMLInputElement} */ ($("credential"))
const auto = /** @type {HTMLInputElement} */ ($("auto"))
const jumps = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-by]"))

/** @param {string} text @param {boolean} [wrong] */
const say = (text, wrong = false) => {
  const said = $("said")
  if (said.textContent !== text) said.textContent = text
  said.className = wrong ? "wrong" : ""
}

class Refused extends Error {}

const unknownCredential = () => {
  credential = undefined
  return new Refused(
    "That is not the control credential of this sandbox. It stands where the sandbox was started."
  )
}

/** @param {string} path @param {object} [input] */
const ask = async (path, input) => {
  // What no header can say is no credential.
  if (credential === undefined || !/^[ -\\xff]+$/.test(credential)) throw unknownCredential()
  const response = await fetch(\`/_sandbox\${path}\`, {
    method: input === undefined ? "GET" : "POST",
    headers: { authorization: \`Bearer \${credential}\`, "content-type": "application/json" },
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    cache: "no-store",
    signal: AbortSignal.timeout(patience)
  }).catch(() => {
    throw new Refused(
      \`The sandbox does not answer; it may have been stopped.\${asOf === "" ? "" : \` Shown is what it said at \${asOf}.\`}\`
    )
  })
  if (response.status === 401) throw unknownCredential()
  const answer = await response.json().catch(() => {
    throw new Refused("What answers at this address is not the sandbox any more.")
  })
  if (!response.ok) throw new Refused(answer.message ?? \`The sandbox answered HTTP \${response.status}.\`)
  return answer
}

/** @param {unknown} error */
const explain = (error) => {
  say(error instanceof Refused ? error.message : \`This page has a defect; please report it: \${error}\`, true)
  if (credential === undefined) close()
}

const open = () => {
  $("door").hidden = true
  $("shown").hidden = false
}

const close = () => {
  clearTimeout(timer)
  credential = undefined
  asOf = ""
  $("shown").hidden = true
  $("door").hidden = false
  forget()
  forgetDeliveries()
  field.focus()
}

const refresh = async () => {
  if (asking || credential === undefined) return
  asking = true
  clearTimeout(timer)
  try {
    const given = credential
    // Alone, so that a wrong credential is refused once.
    const summary = await ask("/summary")
    const [state, deliveries, calls, faults, rules] = await Promise.all([
      ask(\`/state?last=\${latest}\`),
      ask(\`/deliveries?last=\${latest}\`),
      ask(\`/calls?last=\${latest}\`),
      ask("/faults"),
      ask("/rules")
    ])
    if (credential === given) {
      open()
      showSummary(summary)
      showFaults(faults, rules)
      showDeliveries(deliveries, summary)
      showLists(state, summary, calls)
      asOf = new Date().toLocaleTimeString()
      $("as-of").textContent = \`As of \${asOf}\`
      say("")
    }
  } catch (error) {
    explain(error)
  } finally {
    asking = false
    if (auto.checked && credential !== undefined) timer = setTimeout(refresh, every)
  }
}

$("door").addEventListener("submit", (event) => {
  event.preventDefault()
  credential = field.value
  field.value = ""
  refresh()
})
$("refresh").addEventListener("click", refresh)
$("leave").addEventListener("click", () => {
  close()
  say("The credential is forgotten.")
})
auto.addEventListener("change", () => (auto.checked ? refresh() : clearTimeout(timer)))
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer)
  else if (auto.checked) refresh()
})
for (const button of jumps) {
  button.addEventListener("click", async () => {
    for (const each of jumps) each.disabled = true
    say("The clock moves, and what is due until then happens …")
    try {
      await ask("/clock-moves", { bySeconds: Number(button.dataset["by"]) })
      say("")
      await refresh()
    } catch (error) {
      explain(error)
    } finally {
      for (const each of jumps) each.disabled = false
      button.focus()
    }
  })
}
`

export const style = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f24, #e6e9ee);
  --quiet: light-dark(#57606a, #9aa4b0);
  --paper: light-dark(#ffffff, #14171b);
  --panel: light-dark(#f5f6f8, #1c2127);
  --line: light-dark(#d5d9de, #363d46);
  --link: light-dark(#0b57b0, #7db3ff);
  --good: light-dark(#14682f, #6fd08c);
  --bad: light-dark(#a8201a, #ff9088);
  --wait: light-dark(#8a5200, #f0b860);
}
* {
  box-sizing: border-box;
}
body {
  max-width: 78rem;
  margin: 0 auto;
  padding: 1rem clamp(0.75rem, 3vw, 2rem) 4rem;
  background: var(--paper);
  color: var(--ink);
  font:
    15px / 1.5 system-ui,
    sans-serif;
}
h1 {
  margin: 0;
  font-size: 1.5rem;
}
h2 {
  margin: 2rem 0 0.5rem;
  font-size: 1.1rem;
}
h3 {
  margin: 0.75rem 0 0.25rem;
  font-size: 0.9rem;
}
p {
  margin: 0.35rem 0;
}
a {
  color: var(--link);
}
:focus-visible {
  outline: 2px solid var(--link);
  outline-offset: 2px;
}
.notice {
  margin: 0.75rem 0;
  padding: 0.6rem 0.9rem;
  border: 1px solid var(--line);
  border-left: 4px solid var(--wait);
  background: var(--panel);
}
nav a {
  display: inline-block;
  margin-right: 1rem;
}
button,
input {
  font: inherit;
}
button {
  padding: 0.3rem 0.8rem;
  border: 1px solid var(--line);
  border-radius: 0.35rem;
  background: var(--panel);
  color: inherit;
  cursor: pointer;
}
button:hover:enabled {
  border-color: var(--quiet);
}
button:disabled {
  opacity: 0.55;
  cursor: progress;
}
#door {
  max-width: 32rem;
  margin: 1.5rem 0 0.5rem;
}
#door label {
  display: block;
  font-weight: 600;
}
.entry {
  display: flex;
  gap: 0.5rem;
}
#credential {
  flex: 1;
  min-width: 0;
  padding: 0.3rem 0.6rem;
  border: 1px solid var(--line);
  border-radius: 0.35rem;
  background: var(--paper);
  color: inherit;
}
#said:empty {
  display: none;
}
#said {
  padding: 0.5rem 0.9rem;
  border-left: 4px solid var(--line);
  background: var(--panel);
}
#said.wrong {
  border-left-color: var(--bad);
}
.bar {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1rem;
  align-items: center;
  margin: 1rem 0;
}
.empty,
.count,
.hint,
small,
#as-of {
  color: var(--quiet);
}
dl {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
  gap: 0.5rem;
  margin: 0 0 1rem;
}
dl div {
  padding: 0.4rem 0.7rem;
  border: 1px solid var(--line);
  border-radius: 0.35rem;
}
dl .money {
  grid-column: 1 / -1;
}
dt {
  color: var(--quiet);
  font-size: 0.85rem;
}
dd {
  margin: 0;
}
dd b {
  font-variant-numeric: tabular-nums;
}
.scroll {
  overflow-x: auto;
  border: 1px solid var(--line);
  border-radius: 0.35rem;
}
table {
  width: 100%;
  border-collapse: collapse;
  font-variant-numeric: tabular-nums;
}
th,
td {
  padding: 0.3rem 0.7rem;
  border-bottom: 1px solid var(--line);
  text-align: left;
  vertical-align: top;
  overflow-wrap: break-word;
}
tr:last-child td {
  border-bottom: 0;
}
th {
  background: var(--panel);
  font-weight: 600;
  white-space: nowrap;
}
time {
  white-space: nowrap;
  font-variant-numeric: tabular-nums;
}
.badge {
  display: inline-block;
  padding: 0 0.5rem;
  border: 1px solid currentColor;
  border-radius: 1rem;
  color: var(--quiet);
  font-size: 0.85rem;
  white-space: nowrap;
}
.ok,
.on,
.passed,
.done,
.active,
.succeeded,
.acknowledged {
  color: var(--good);
}
.broken,
.off,
.rejected,
.failed,
.abandoned,
.destroyed {
  color: var(--bad);
}
.pending,
.submitted,
.sending,
.waiting,
.held,
.frozen {
  color: var(--wait);
}
#deliveries-list details {
  border: 1px solid var(--line);
  border-bottom-width: 0;
}
#deliveries-list details:last-child {
  border-bottom-width: 1px;
}
summary {
  padding: 0.3rem 0.7rem;
  cursor: pointer;
  list-style: none;
}
summary::-webkit-details-marker {
  display: none;
}
.id::before {
  content: "▸ ";
  color: var(--quiet);
}
details[open] .id::before {
  content: "▾ ";
}
summary:hover,
details[open] > summary {
  background: var(--panel);
}
#deliveries-list summary > * {
  margin-right: 0.9rem;
}
.tries {
  white-space: nowrap;
}
.inside {
  padding: 0.3rem 0.9rem 0.9rem;
}
pre {
  margin: 0;
  padding: 0.6rem;
  border: 1px solid var(--line);
  background: var(--panel);
  font-size: 0.85rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
@media (min-width: 56rem) {
  #deliveries-list summary {
    display: grid;
    grid-template-columns: 4.5rem minmax(10rem, 1.3fr) minmax(10rem, 1fr) 8.5rem 6.5rem 11rem;
    align-items: baseline;
    justify-items: start;
  }
}
`
