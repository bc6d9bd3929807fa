/**
 * Whoever sends the notifications, as a process of its own, so that its processor time is told apart. Plain sockets with
 * requests made beforehand: it must not be what is measured.
 */
import { connect } from "node:net"
import { notifications, path } from "./messages.js"

/** One load: the notifications numbered from `from`, each once, each connection sending its next after the answer. */
export interface Load {
  readonly port: number
  readonly connections: number
  readonly seed: number
  readonly from: number
  readonly count: number
  /** Each signature is spoiled. */
  readonly forged?: boolean
}

export interface Report {
  readonly milliseconds: number
  /** How many were answered with 200 and `OK`. */
  readonly ok: number
  /** Other answers, and how many of each. */
  readonly others: ReadonlyArray<readonly [answer: string, count: number]>
  /** Milliseconds from a request's first byte to its answer's last. */
  readonly p50: number
  readonly p99: number
  /** Processor time of the generator for one notification, in microseconds. */
  readonly cpu: number
}

const requestOf = (text: string): Buffer =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  )

let made: { readonly name: string; readonly requests: ReadonlyArray<Buffer> } | undefined

/** The last ones are kept: each contestant of a round is sent the same. */
const requestsOf = ({ count, forged = false, from, seed }: Load): ReadonlyArray<Buffer> => {
  const name = JSON.stringify([seed, from, count, forged])
  if (made?.name !== name) {
    const texts = notifications(seed, from, count)
    made = {
      name,
      requests: texts.map((text) => requestOf(forged ? text.replace(/"amount":"./, '"amount":"0') : text))
    }
  }
  return made.requests
}

const headEnd = "\r\n\r\n"

/** Status and body, once all of it is there; what is neither is an answer nobody expects. */
const answerIn = (text: string): string | undefined => {
  const end = text.indexOf(headEnd)
  if (end === -1) {
    return undefined
  }
  const head = text.slice(0, end)
  const body = text.slice(end + headEnd.length)
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN)
  return body.length < length ? undefined : `${head.slice(9, 12)} ${body}`
}

const percentile = (sorted: Float64Array, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

const run = async (load: Load): Promise<Report> => {
  const requests = requestsOf(load)
  const latencies = new Float64Array(requests.length)
  const answers = new Map<string, number>()
  let next = 0
  const open = () =>
    new Promise<() => Promise<void>>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: load.port, noDelay: true })
      socket.setEncoding("latin1")
      socket.once("error", reject)
      socket.once("connect", () =>
        resolve(
          () =>
            new Promise((done) => {
              let began = 0
              let index = 0
              let text = ""
              const count = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1)
              const ended = () => {
                socket.destroy()
                done()
              }
              const send = () => {
                index = next++
                const request = requests[index]
                if (request === undefined) {
                  ended()
                } else {
                  began = performance.now()
                  socket.write(request)
                }
              }
              socket.on("data", (chunk: string) => {
                text += chunk
                const answer = answerIn(text)
                if (answer !== undefined) {
                  latencies[index] = performance.now() - began
                  text = ""
                  count(answer)
                  send()
                }
              })
              const broken = () => {
                count("the connection was closed")
                ended()
              }
              socket.removeAllListeners("error").on("error", broken).on("end", broken)
              send()
            })
        )
      )
    })
  const connections = await Promise.all(Array.from({ length: load.connections }, open))
  const before = process.cpuUsage()
  const began = performance.now()
  await Promise.all(connections.map((start) => start()))
  const milliseconds = performance.now() - began
  const { system, user } = process.cpuUsage(before)
  latencies.sort()
  const ok = answers.get("200 OK") ?? 0
  answers.delete("200 OK")
  return {
    milliseconds,
    ok,
    others: [...answers],
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpu: (system + user) / requests.length
  }
}

process.on("message", (load: Load) => {
  run(load).then(
    (report) => process.send?.(report),
    (problem) => {
      console.error(problem)
      process.exit(1)
    }
  )
})
process.on("disconnect", () => process.exit())
