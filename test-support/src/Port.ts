/** Free ports of loopback. */
import { createServer } from "node:net"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

const bound = (port: number): Effect.Effect<number, "taken"> =>
  Effect.async((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.fail("taken")))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      const got = typeof address === "object" && address !== null ? address.port : port
      server.close(() => resume(Effect.succeed(got)))
    })
  })

/** One that the system chooses. */
export const free: Effect.Effect<number> = Effect.orDie(bound(0))

/**
 * One that stays free while nobody listens on it: below the range from which systems take the ports of outgoing connections.
 * A client that keeps asking a port of that range while its server is down can be given this very port, and connect to itself.
 */
export const lasting: Effect.Effect<number> = Random.nextIntBetween(20_000, 32_000).pipe(
  Effect.flatMap(bound),
  Effect.eventually
)
