// A merchant's webhook, for a client that cannot listen: writes the raw body of each POST to 1.json, 2.json, ... in the
// folder it is given, answers `OK`, and prints its port. It ends with the process that started it.
import { renameSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"

const folder = process.argv[2] ?? "."
const startedBy = process.ppid
let received = 0

const server = createServer((request, response) => {
  const chunks = []
  request.on("data", (chunk) => chunks.push(chunk))
  request.on("end", () => {
    if (request.method !== "POST") {
      response.writeHead(405).end()
      return
    }
    received += 1
    // Renamed once it is complete, so that nobody reads half of it.
    const file = join(folder, `${received}.json`)
    writeFileSync(`${file}.part`, Buffer.concat(chunks))
    renameSync(`${file}.part`, file)
    response.writeHead(200, { "content-type": "text/plain" }).end("OK")
  })
})

server.listen(0, "127.0.0.1", () => console.log(server.address().port))
setInterval(() => process.ppid === startedBy || process.exit(), 200)
