/**
 * Loaded into another process before its program (`node --import`): each SIGUSR2 moves its clock by CHAOS_CLOCK_JUMP
 * milliseconds, as when an operator or a time server sets the machine's. Timers do not move, just as on a real machine.
 */
const jump = Number(process.env.CHAOS_CLOCK_JUMP ?? 0)
const machine = Date.now
let shift = 0

Date.now = () => machine() + shift
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget)
})
process.on("SIGUSR2", () => {
  shift += jump
  process.stderr.write(`the clock moved by ${jump} milliseconds\n`)
})
