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

/** The sandbox's clock: the machine's, moved forward, or standing still. */
export interface Time {
  /** Epoch milliseconds. */
  readonly now: Effect.Effect<number>
  readonly setting: () => Setting
  readonly set: (setting: Setting) => void
  /** Stands still at this instant. */
  readonly stopAt: (instant: number) => void
  /** Runs on from this instant. */
  readonly runFrom: (instant: number) => Effect.Effect<void>
}

export const make = (options: {
  readonly startAt: number | undefined
  readonly frozen: boolean
}): Effect.Effect<Time> =>
  Effect.map(Clock.currentTimeMillis, (machine) => {
    const startAt = options.startAt ?? machine
    let setting: Setting = { ahead: startAt - machine, frozenAt: options.frozen ? startAt : undefined }
    return {
      now: Effect.map(Clock.currentTimeMillis, (millis) => setting.frozenAt ?? millis + setting.ahead),
      setting: () => setting,
      set: (other) => {
        setting = other
      },
      stopAt: (instant) => {
        setting = { ...setting, frozenAt: instant }
      },
      runFrom: (instant) =>
        Effect.map(Clock.currentTimeMillis, (millis) => {
          setting = { ahead: instant - millis, frozenAt: undefined }
        })
    }
  })
