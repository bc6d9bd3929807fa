/* What the page is made of. What the sandbox says reaches the document as text only. */

/** @typedef {Node | string | number | undefined} Child */

/** @param {string} id */
export const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

/** @param {ReadonlyArray<Child>} children */
const nodes = (children) =>
  children.flatMap((child) =>
    child === undefined ? [] : [typeof child === "number" ? String(child) : child]
  )

/** Children given as strings become text, whatever stands in them.
 * @param {string} name @param {string} className @param {...Child} children */
export const el = (name, className, ...children) => {
  const element = document.createElement(name)
  element.className = className
  element.append(...nodes(children))
  return element
}

/** @param {number} at */
export const iso = (at) => new Date(at).toISOString().replace("T", " ").slice(0, 19)

/** @param {number} at */
export const time = (at) => {
  const element = el("time", "", iso(at))
  element.setAttribute("datetime", new Date(at).toISOString())
  return element
}

/** @param {string} state */
export const badge = (state) => el("span", `badge ${state}`, state)

/** @param {number} count @param {string} one @param {string} [many] */
export const many = (count, one, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`

/** What was drawn from the same data stays as it is: the selection, the focus and the scrolling too.
 * @type {Map<string, string>} */
const drawn = new Map()
/** @template A @param {string} id @param {A} data @param {(data: A) => Array<Child>} make */
export const draw = (id, data, make) => {
  const text = JSON.stringify(data)
  if (drawn.get(id) === text) return
  drawn.set(id, text)
  $(id).replaceChildren(...nodes(make(data)))
}

/** @template A @param {string} label @param {ReadonlyArray<readonly [string, (row: A) => Child]>} columns @param {ReadonlyArray<A>} rows */
export const table = (label, columns, rows) => {
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
export const list = (id, label, all, rows, empty, columns) =>
  draw(id, [all, rows], () =>
    rows.length === 0
      ? [el("p", "empty", empty)]
      : [
          el(
            "p",
            "count",
            rows.length < all
              ? `The latest ${rows.length} of ${all.toLocaleString("en")}, newest first.`
              : `${all.toLocaleString("en")} in all, newest first.`
          ),
          table(label, columns, [...rows].reverse())
        ]
  )

export const forget = () => {
  for (const id of drawn.keys()) $(id).replaceChildren()
  drawn.clear()
}
