/*
 * The status page's script. `node page/build.ts` puts it together with its modules into src/internal/pageParts.generated.ts, which is
 * what the page serves. The credential stays in this module.
 */
import { $, forget } from "./dom.js"
import { forgetDeliveries, showDeliveries, showFaults, showLists, showSummary } from "./sections.js"

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
  if (credential === undefined || !/^[ -\xff]+$/.test(credential)) throw unknownCredential()
  const response = await fetch(`/_sandbox${path}`, {
    method: input === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    cache: "no-store",
    signal: AbortSignal.timeout(patience)
  }).catch(() => {
    throw new Refused(
      `The sandbox does not answer; it may have been stopped.${asOf === "" ? "" : ` Shown is what it said at ${asOf}.`}`
    )
  })
  if (response.status === 401) throw unknownCredential()
  const answer = await response.json().catch(() => {
    throw new Refused("What answers at this address is not the sandbox any more.")
  })
  if (!response.ok) throw new Refused(answer.message ?? `The sandbox answered HTTP ${response.status}.`)
  return answer
}

/** @param {unknown} error */
const explain = (error) => {
  say(error instanceof Refused ? error.message : `This page has a defect; please report it: ${error}`, true)
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
      ask(`/state?last=${latest}`),
      ask(`/deliveries?last=${latest}`),
      ask(`/calls?last=${latest}`),
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
      $("as-of").textContent = `As of ${asOf}`
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
