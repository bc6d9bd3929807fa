import type * as Undici from "@effect/platform-node/Undici"
import type * as Exchange from "@effect-yunmo/client/Exchange"

/** So much of an answer that nobody wants is read to keep its connection, for so long; any more costs more than a new one. */
const worthReading = 64 * 1024
const worthWaiting = 1000

const headers = { "content-type": "application/json" }

/** Why undici ends a request here. It reaches nobody: whoever ends one has said already what it came to. */
const givenUp = new Error("given up")

/** An address as undici takes it. A program calls few of them, but paths of its own may hold ids. */
const mostAddresses = 500

export const exchangeOver = (dispatcher: Undici.Dispatcher): Exchange.Exchange => {
  const known = new Map<string, Address>()
  const addressOf = (url: string): Address => {
    const found = known.get(url) ?? parsed(url)
    if (known.size >= mostAddresses) {
      known.clear()
    }
    known.set(url, found)
    return found
  }
  return ({ body, maxBytes, url }, done) => {
    const course = new Course(maxBytes, done)
    try {
      const { origin, path } = addressOf(url)
      // How long it may take is the caller's to say.
      const options = { method: "POST", origin, path, headers, body, headersTimeout: 0, bodyTimeout: 0 }
      dispatcher.dispatch(options, course)
    } catch (cause) {
      course.end({ _tag: "Lost", cause })
    }
    return course.giveUp
  }
}

interface Address {
  readonly origin: string
  readonly path: string
}

const parsed = (url: string): Address => {
  const { origin, pathname, search } = new URL(url)
  return { origin, path: `${pathname}${search}` }
}

/** One request under way, as undici tells of it. A class, so that undici's calls always find the same shape. */
class Course implements Undici.Dispatcher.DispatchHandler {
  private readonly maxBytes: number
  private readonly done: (reply: Exchange.Reply) => void
  private controller: Undici.Dispatcher.DispatchController | undefined = undefined
  private chunks: Array<Buffer> = []
  private bytes = 0
  private ended = false
  private patience: NodeJS.Timeout | undefined = undefined

  constructor(maxBytes: number, done: (reply: Exchange.Reply) => void) {
    this.maxBytes = maxBytes
    this.done = done
  }

  readonly giveUp = (): void => {
    this.ended = true
    this.controller?.abort(givenUp)
  }

  end(reply: Exchange.Reply): void {
    if (!this.ended) {
      this.ended = true
      this.done(reply)
    }
  }

  onRequestStart(controller: Undici.Dispatcher.DispatchController): void {
    this.controller = controller
    // Given up while it waited for a connection: it is never sent.
    if (this.ended) {
      controller.abort(givenUp)
    }
  }

  onResponseStart(
    _: Undici.Dispatcher.DispatchController,
    status: number,
    { "content-length": length }: Record<string, string | Array<string> | undefined>
  ): void {
    if (status === 200) {
      if (typeof length === "string" && Number(length) > this.maxBytes) {
        this.tooLarge()
      }
    } else if (status >= 200) {
      this.end({ _tag: "Refused", status })
      this.patience = setTimeout(this.giveUp, worthWaiting)
    }
  }

  onResponseData(_: Undici.Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.ended) {
      if (this.bytes > worthReading) {
        this.giveUp()
      }
    } else if (this.bytes > this.maxBytes) {
      this.tooLarge()
    } else {
      this.chunks.push(chunk)
    }
  }

  onResponseEnd(): void {
    clearTimeout(this.patience)
    const [first, ...others] = this.chunks
    const body = first === undefined || others.length > 0 ? Buffer.concat(this.chunks) : first
    this.end({ _tag: "Answered", body })
  }

  onResponseError(_: Undici.Dispatcher.DispatchController, cause: Error): void {
    clearTimeout(this.patience)
    this.end({ _tag: "Lost", cause })
  }

  private tooLarge(): void {
    this.chunks = []
    this.end({ _tag: "TooLarge" })
    this.controller?.abort(givenUp)
  }
}
