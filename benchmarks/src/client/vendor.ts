/** A vendor that answers with the same texts whatever it is asked: what is measured is who asks. A process of its own. */
import { createServer, type RequestListener } from "node:http"

/** The merchant of every contestant. */
export const merchant = {
  merchantNo: "BU078255558",
  apiKey: "api-key-of-2026",
  secretKey: "1111111111111111"
}

export const token = "token-0123456789abcdef0123456789abcdef"

const envelope = (data: unknown): string =>
  JSON.stringify({ code: "200", msg: "success", timestamp: 1_770_712_296_681, data })

/** What is asked for, by each contestant. */
export const question = { path: "/card/detail", cardId: "CDAU079126648V01" }

const answers: Readonly<Record<string, string>> = {
  "/auth/login": envelope({ token }),
  [question.path]: envelope({
    cardId: question.cardId,
    customerId: "AU079126648",
    cardSampleId: "CS0001",
    cardForm: "VIRTUAL",
    status: "ACTIVE",
    balance: "1250.75",
    currency: "USD",
    maskedCardNumber: "424242******4242",
    singleLimit: "500.00",
    dailyLimit: "2000.00",
    monthlyLimit: "10000.00"
  })
}

const bytes = new Map(Object.entries(answers).map(([path, text]) => [path, Buffer.from(text)]))

export const answering: RequestListener = (request, response) => {
  const body = bytes.get(request.url ?? "")
  request.resume()
  request.on("end", () => {
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": "application/json",
      "content-length": body?.length ?? 0
    })
    response.end(body)
  })
}

/** Only where it was started by `fork`. */
if (process.send !== undefined && process.argv[2] === "serve") {
  const server = createServer(answering)
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    process.send?.(typeof address === "object" && address !== null ? address.port : 0)
  })
  process.on("disconnect", () => process.exit(0))
}
