/** Of a request's URL, as it stands in its first line. */
export const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? url

/** What the control surface answers; the vendor's API has all other paths. */
export const isControlPath = (path: string): boolean => path === "/_sandbox" || path.startsWith("/_sandbox/")
