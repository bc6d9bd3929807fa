/** A route handler as Next.js has it: put this into `app/yunmo/notifications/route.ts`, on the Node.js runtime. */
import { WebHandler } from "@effect-yunmo/notifications"
import { receiver } from "./handlers.js"

// Built with the first request. Do not read the request's body before it: the bytes are what was signed.
export const { dispose, handler: POST } = WebHandler.fromLayer(receiver)
