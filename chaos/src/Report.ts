/** What a run tells: Markdown, with everything that is needed to run it again, and every difference or the first of many. */
export interface Table {
  readonly title: string
  readonly rows: ReadonlyArray<readonly [what: string, value: string | number]>
}

export interface Report {
  readonly title: string
  /** How to run it again. */
  readonly command: string
  /** What happened, in order. */
  readonly transcript?: ReadonlyArray<string>
  readonly tables: ReadonlyArray<Table>
  /** A sentence each; none is how it has to be. */
  readonly differences: ReadonlyArray<string>
}

const shown = 50

const cell = (value: string | number): string =>
  (typeof value === "number"
    ? value.toLocaleString("en-US", { maximumFractionDigits: 1 })
    : value
  ).replaceAll("|", "\\|")

const table = ({ rows, title }: Table): string =>
  [
    `## ${title}`,
    "",
    "| | |",
    "|---|---:|",
    ...rows.map(([what, value]) => `| ${cell(what)} | ${cell(value)} |`)
  ].join("\n")

export const toMarkdown = ({ command, differences, tables, title, transcript }: Report): string => {
  const rest = differences.length - shown
  return `${[
    `# ${title}`,
    `\`${command}\``,
    ...(transcript === undefined ? [] : ["## Transcript", ["```", ...transcript, "```"].join("\n")]),
    ...tables.map(table),
    "## Differences",
    differences.length === 0
      ? "None."
      : [
          ...differences.slice(0, shown).map((one) => `- ${one}`),
          ...(rest > 0 ? [`- and ${rest} more`] : [])
        ].join("\n")
  ].join("\n\n")}\n`
}
