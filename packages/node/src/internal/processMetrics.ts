/** What every dashboard of a Node program begins with, under the names that Prometheus's own clients use. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

const residentMemory = Metric.gauge("process_resident_memory_bytes", {
  description: "Resident memory size in bytes"
})
const heapUsed = Metric.gauge("nodejs_heap_size_used_bytes", { description: "Heap in use, in bytes" })
const cpuSeconds = Metric.counter("process_cpu_seconds_total", {
  description: "User and system CPU time spent, in seconds",
  incremental: true
})
const startTime = Metric.gauge("process_start_time_seconds", {
  description: "When the process started, in seconds since the epoch"
})
const eventLoopLag = Metric.gauge("nodejs_eventloop_lag_p99_seconds", {
  description: "99th percentile of the event loop's delay since the last look, in seconds"
})

/** Sets the gauges to what is now; the scope ends the watch over the event loop. */
export const make = Effect.gen(function* () {
  const delay = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const histogram = monitorEventLoopDelay({ resolution: 20 })
      histogram.enable()
      return histogram
    }),
    (histogram) => Effect.sync(() => histogram.disable())
  )
  const started = yield* Effect.map(
    Effect.clock,
    (clock) => clock.unsafeCurrentTimeMillis() / 1000 - process.uptime()
  )
  let counted = 0
  return Effect.suspend(() => {
    const { heapUsed: heap, rss } = process.memoryUsage()
    const { system, user } = process.cpuUsage()
    const cpu = (system + user) / 1e6
    const since = cpu - counted
    counted = cpu
    const lag = delay.count === 0 ? 0 : delay.percentile(99) / 1e9
    delay.reset()
    return Effect.all(
      [
        Metric.set(residentMemory, rss),
        Metric.set(heapUsed, heap),
        Metric.incrementBy(cpuSeconds, since),
        Metric.set(startTime, started),
        Metric.set(eventLoopLag, lag)
      ],
      { discard: true }
    )
  })
})
