import { type AddressInfo, createServer, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Effect from "effect/Effect"
import * as Sender from "../src/Sender.js"
import * as Tally from "../src/Tally.js"
import { eventually } from "./support.js"

/** A server of bare sockets: what it does with a connection that brought something is the test's own. */
const server = (answer: (socket: Socket, received: string) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly received: () => string; readonly close: () => void }>(
      (resume) => {
        let received = ""
        const sockets = new Set<Socket>()
        const listening = createServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => socket.destroy())
          socket.on("data", (chunk) => {
            received += chunk.toString()
            answer(socket, received)
          })
        }).listen(0, "127.0.0.1", () => {
          const { port } = listening.address() as AddressInfo
          resume(
            Effect.succeed({
              url: `http://127.0.0.1:${port}/here`,
              received: () => received,
              close: () => {
                listening.close()
                for (const socket of sockets) {
                  socket.destroy()
                }
              }
            })
          )
        })
      }
    ),
    ({ close }) => Effect.sync(close)
  )

const whole = (received: string) => received.endsWith("the end")
const body = Buffer.from(`${"x".repeat(1_000)}the end`)

const sendTo = (text: string, then: "stay" | "end" | "reset", cut?: Sender.Cut) =>
  Effect.gen(function* () {
    const { received, url } = yield* server((socket, received) => {
      if (whole(received)) {
        socket.write(text, () => {
          if (then === "end") {
            socket.end()
          } else if (then === "reset") {
            socket.resetAndDestroy()
          }
        })
      }
    })
    const sender = yield* Sender.make
    const answer = yield* sender.send(url, body, cut)
    assert.strictEqual(sender.underWay(), 0)
    return { answer, received }
  })

describe("a delivery", () => {
  it.scopedLive("that is answered", () =>
    Effect.gen(function* () {
      const { answer } = yield* sendTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", "stay")
      assert.isTrue(Sender.isOk(answer))
      const busy = yield* sendTo("HTTP/1.1 503 Wait\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n", "stay")
      assert.deepInclude(busy.answer, { _tag: "Answered", status: 503, retryAfter: "5", body: "" })
      const other = yield* sendTo("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOKK", "stay")
      assert.isFalse(Sender.isOk(other.answer))
    })
  )

  it.scopedLive("that gets half an answer, wherever that breaks off, is told from one that gets none", () =>
    Effect.gen(function* () {
      for (const half of [
        "HTTP/1.",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nO"
      ]) {
        const { answer } = yield* sendTo(half, "end")
        assert.strictEqual(answer._tag, "HalfAnswered", half)
      }
      const none = yield* sendTo("", "reset")
      assert.strictEqual(none.answer._tag, "Unanswered")
      const port = yield* Port.lasting
      const sender = yield* Sender.make
      assert.deepStrictEqual(yield* sender.send(`http://127.0.0.1:${port}/`, body), {
        _tag: "Unanswered",
        code: "ECONNREFUSED"
      })
    })
  )

  it.scopedLive("that is cut brings half of its body, or all of it", () =>
    Effect.gen(function* () {
      const half = yield* sendTo("", "stay", "inBody")
      assert.deepStrictEqual(half.answer, { _tag: "Cut" })
      yield* eventually(Effect.sync(() => half.received().includes("xxx")))
      assert.isFalse(whole(half.received()))
      const all = yield* sendTo("", "stay", "afterBody")
      assert.deepStrictEqual(all.answer, { _tag: "Cut" })
      yield* eventually(Effect.sync(() => whole(all.received())))
    })
  )
})

describe("the tally", () => {
  const message = { body, kind: "trade", state: "pending" } as const
  const answered = (status: number, text: string, retryAfter?: string): Sender.Answer => ({
    _tag: "Answered",
    status,
    body: text,
    retryAfter,
    milliseconds: 1
  })

  it("knows what a genuine message may be answered with", () => {
    const tally = Tally.make()
    const hear = (answer: Sender.Answer, cut: Sender.Cut = "never") =>
      tally.hear(tally.about(7, message, cut), answer)
    hear(answered(200, "OK"))
    hear(answered(503, "later", "5"))
    hear({ _tag: "Unanswered", code: "ECONNRESET" })
    hear({ _tag: "Cut" }, "inBody")
    assert.deepStrictEqual(tally.wrong, [])
    hear(answered(503, "later"))
    hear(answered(401, "no"))
    hear(answered(200, "ok"))
    hear({ _tag: "HalfAnswered", milliseconds: 1 })
    assert.lengthOf(tally.wrong, 4)
    const [sent, ...others] = tally.sent.values()
    assert.lengthOf(others, 0)
    // The one that was cut in its body cannot have left a row.
    assert.deepInclude(sent, { index: 7, oks: 1, whole: 7 })
  })
})
