import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

/** The end of the year 9999: the vendor writes years with four digits. */
export const latest = 253_402_300_799_999

export const isWithin = (instant: DateTime.DateTime): boolean => {
  const millis = DateTime.toEpochMillis(instant)
  return millis >= 0 && millis <= latest
}

/** How the sandbox's time stands to the machine's: so far ahead of it, or still. */
export interface Setting {
  readonly ahead: number
  readonly frozenAt: number | undefined
}

/**
 * The sandbox's clock: the machine's, moved forward, or standing still. A move is gone through step by step; what is set at a
 * step is how the clock would go on from there, so that a process which ends in the middle of a move leaves a clock that
 * runs if it ran, and never shows less than it has shown.
 */
export interface Time {
  /** Epoch milliseconds. */
  readonly now: Effect.Effect<number>
  readonly setting: () => Setting
  readonly set: (setting: Setting) => void
  /** Whether it stands, frozen or in the middle of a move. */
  readonly isStill: () => boolean
  /** Shows this instant, and no other until the move goes on or is over. */
  readonly stepTo: (instant: number) => Effect.Effect<void>
  /** The move is over: it runs on, if it ran before. */
  readonly goOn: Effect.Effect<void>
  /** From this instant on, running or frozen as it is. */
  readonly setTo: (instant: number) => Effect.Effect<void>
  /** As the options have it. */
  readonly startAgain: Effect.Effect<void>
}

export const make = (options: {
  readonly startAt: number | undefined
  readonly frozen: boolean
}): Effect.Effect<Time> =>
  Effect.map(Clock.currentTimeMillis, (begun) => {
    const initial = (machine: number): Setting => ({
      ahead: options.startAt === undefined ? 0 : options.startAt - machine,
      frozenAt: options.frozen ? (options.startAt ?? begun) : undefined
    })
    let setting = initial(begun)
    /** Where a move has come to. */
    let step: number | undefined

    const setTo = (instant: number): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (machine) => {
        setting =
          setting.frozenAt === undefined
            ? { ahead: instant - machine, frozenAt: undefined }
            : { ...setting, frozenAt: instant }
      })

    return {
      now: Effect.map(
        Clock.currentTimeMillis,
        (machine) => step ?? setting.frozenAt ?? machine + setting.ahead
      ),
      setting: () => setting,
      set: (other) => {
        setting = other
      },
      isStill: () => step !== undefined || setting.frozenAt !== undefined,
      stepTo: (instant) =>
        Effect.suspend(() => {
          step = instant
          return setTo(instant)
        }),
      goOn: Effect.suspend(() => {
        const instant = step
        step = undefined
        return instant === undefined ? Effect.void : setTo(instant)
      }),
      setTo,
      startAgain: Effect.map(Clock.currentTimeMillis, (machine) => {
        setting = initial(machine)
      })
    }
  })
