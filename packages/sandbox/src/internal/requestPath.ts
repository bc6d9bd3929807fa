/** Of a request's URL, as it stands in its first line. */
export const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? url
