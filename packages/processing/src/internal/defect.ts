/**
 * A defect for people, without its message: what a parser or a schema throws quotes the text it was given, and this stands in
 * the database and in logs. Its class and where it was thrown are enough to find it.
 */
export const describeDefect = (defect: unknown): string => {
  if (!(defect instanceof Error)) {
    return "the handler has a defect: something was thrown that is no error"
  }
  const stack = defect.stack ?? ""
  const trace = stack.slice(stack.indexOf(defect.message) + defect.message.length)
  const frame = trace.split("\n").find((line) => line.startsWith("    at "))
  return `the handler has a defect: ${defect.name}${frame === undefined ? "" : ` ${frame.trim()}`}`
}
