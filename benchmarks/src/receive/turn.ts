/** One turn of one contestant: a load, what it took, and whether each OK stands on the disk. */
import type { Running } from "./contestants.js"
import type { Load, Report } from "./generator.js"
import type { Generator } from "./process.js"

export interface Turn extends Report {
  /** Notifications in a second. */
  readonly rate: number
  /** Microseconds of processor time, of the contestant alone, for one notification. */
  readonly serverCpu: number
  /** Bytes, when the turn ended. */
  readonly memory: number
}

/** An answer other than OK, or an OK without a row, is no figure but a failure. */
export class Wrong extends Error {}

export const take = async (
  { contestant, server, store }: Running,
  generator: Generator,
  load: Omit<Load, "port">
): Promise<Turn> => {
  const rows = await store.rows()
  const before = await server.state()
  const report = await generator.run({ ...load, port: server.port })
  const after = await server.state()
  const { milliseconds, ok, others } = report
  if (others.length > 0) {
    throw new Wrong(`${contestant.id} answered not only OK: ${JSON.stringify(others)}`)
  }
  const kept = (await store.rows()) - rows
  if (ok !== load.count || kept !== ok) {
    throw new Wrong(`${contestant.id} was sent ${load.count}, said OK to ${ok}, and has ${kept} new rows`)
  }
  await store.checkSync(server)
  return {
    ...report,
    rate: (ok * 1000) / milliseconds,
    serverCpu: (after.cpu - before.cpu) / ok,
    memory: after.memory
  }
}
