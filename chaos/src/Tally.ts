/** What the sending side knows of each message: the measure against which the inbox is held afterwards. */
import * as Message from "./Message.js"
import * as Sender from "./Sender.js"

/** Of one message. */
export interface Sent {
  readonly index: number
  readonly kind: Message.Message["kind"]
  readonly state: Message.Message["state"]
  /** Deliveries that were answered with a complete OK. Each of them was committed, or the promise is broken. */
  oks: number
  /** Deliveries whose last byte may have arrived, whatever came back. No other delivery can have left a row. */
  whole: number
}

export interface Tally {
  /** By the digest of the exact bytes. */
  readonly sent: ReadonlyMap<string, Sent>
  /** How often each thing came back: `200 OK`, `503`, `ECONNREFUSED`, `cut by the client`. */
  readonly answers: ReadonlyMap<string, number>
  /** Milliseconds of each OK. */
  readonly latencies: ReadonlyArray<number>
  /** Answers that no genuine message may get, and halves of answers: a sentence each. */
  readonly wrong: ReadonlyArray<string>
  /** Deliveries that were given up after the last try. */
  readonly givenUp: () => number
  readonly giveUp: () => void
  /** Before a delivery: it may leave a row from now on. */
  readonly about: (index: number, message: Message.Message, cut: Sender.Cut) => Sent
  /** After it. */
  readonly hear: (sent: Sent, answer: Sender.Answer) => void
}

/** The first words of an answer, as it is counted. */
const nameOf = (answer: Sender.Answer): string => {
  switch (answer._tag) {
    case "Answered":
      return Sender.isOk(answer) ? "200 OK" : String(answer.status)
    case "HalfAnswered":
      return "half an answer"
    case "Unanswered":
      return answer.code
    case "Cut":
      return "cut by the client"
  }
}

/** What a genuine message may be answered with: OK, or to come again later and when. */
const complaint = (index: number, answer: Sender.Answer): string | undefined => {
  if (answer._tag === "HalfAnswered") {
    return `Message ${index} got half an answer.`
  }
  if (answer._tag !== "Answered" || Sender.isOk(answer)) {
    return undefined
  }
  return answer.status !== 503
    ? `Message ${index} is genuine and was answered ${answer.status} ${JSON.stringify(answer.body)}.`
    : answer.retryAfter === undefined
      ? `Message ${index} was answered 503 without Retry-After.`
      : undefined
}

export const make = (): Tally => {
  const sent = new Map<string, Sent>()
  const answers = new Map<string, number>()
  const latencies: Array<number> = []
  const wrong: Array<string> = []
  let givenUp = 0
  return {
    sent,
    answers,
    latencies,
    wrong,
    givenUp: () => givenUp,
    giveUp: () => {
      givenUp += 1
    },
    about: (index, { body, kind, state }, cut) => {
      const digest = Message.digestOf(body)
      const one = sent.get(digest) ?? { index, kind, state, oks: 0, whole: 0 }
      sent.set(digest, one)
      if (cut !== "inBody") {
        one.whole += 1
      }
      return one
    },
    hear: (one, answer) => {
      const name = nameOf(answer)
      answers.set(name, (answers.get(name) ?? 0) + 1)
      if (answer._tag === "Answered" && Sender.isOk(answer)) {
        one.oks += 1
        latencies.push(answer.milliseconds)
      }
      const sentence = complaint(one.index, answer)
      if (sentence !== undefined) {
        wrong.push(sentence)
      }
    }
  }
}

/** The value below which that part of the OKs came, in milliseconds. */
export const percentile = ({ latencies }: Pick<Tally, "latencies">, part: number): number => {
  const sorted = Float64Array.from(latencies).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}
