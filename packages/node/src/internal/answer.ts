import type { IncomingMessage, ServerResponse } from "node:http"

/** How long a client may go on sending what nobody reads, so that it gets to read the answer. */
const lingerMillis = 500

const bodyPending = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)

/**
 * Answers without reading the body, and closes the connection. With bytes still under way the system would reset it, and the
 * client see that in place of the answer: so the whole answer goes out first, and the end follows a moment later.
 */
export const refuse = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {}
): void => {
  const bytes = Buffer.from(text)
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    ...headers,
    "Content-Length": bytes.byteLength,
    Connection: "close"
  })
  if (!bodyPending(request)) {
    response.end(bytes)
    return
  }
  response.write(bytes)
  const timer = setTimeout(() => {
    response.end()
    request.destroy()
  }, lingerMillis).unref()
  response.once("close", () => clearTimeout(timer))
}
