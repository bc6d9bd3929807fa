/** `URL` throws on text that is none; `URL.canParse` is not in every Node that libraries must run on. */
export const parseUrl = (text: string): URL | undefined => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
