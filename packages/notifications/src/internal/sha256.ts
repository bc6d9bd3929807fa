import * as crypto from "node:crypto"

// The one-shot function is about twice as quick for short texts; early releases of Node 20 lack it.
export const sha256: (text: string) => Buffer =
  typeof crypto.hash === "function"
    ? (text) => crypto.hash("sha256", text, "buffer")
    : (text) => crypto.createHash("sha256").update(text, "utf8").digest()
