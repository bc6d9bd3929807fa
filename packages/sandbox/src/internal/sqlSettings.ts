import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Records from "./records.js"
import type { Parts } from "./store.js"

/** The form of what is kept. Another one is not read: what it holds is test data, made again quickly. */
export const format = "1"

/** What is kept beside the tables: how it is read off the world, as text, and put back. */
export interface Setting {
  readonly name: string
  /** Something that is another one when the setting is another one. */
  readonly version: () => unknown
  readonly read: () => Either.Either<string, string>
  readonly put: (text: string) => Either.Either<void, string>
}

const setting = <A, I>(
  name: string,
  codec: Schema.Schema<A, I>,
  access: { readonly version: () => unknown; readonly get: () => A; readonly set: (value: A) => void }
): Setting => {
  const json = Schema.parseJson(codec)
  const encode = Schema.encodeEither(json)
  const decode = Schema.decodeUnknownEither(json)
  return {
    name,
    version: access.version,
    read: () => Either.mapLeft(encode(access.get()), () => `the ${name}`),
    put: (text) => Either.mapBoth(decode(text), { onLeft: () => name, onRight: access.set })
  }
}

export const of = ({ random, time, world }: Parts): ReadonlyArray<Setting> => [
  setting("format", Schema.String, {
    version: () => format,
    get: () => format,
    set: () => undefined
  }),
  setting("settings", Records.Settings, {
    version: () => world.settings,
    get: () => world.settings,
    set: (settings) => {
      world.settings = settings
    }
  }),
  setting("chance", Records.RandomState, {
    version: () => random.state().join(),
    get: random.state,
    set: ([first, second, third, fourth]) => random.resume([first, second, third, fourth])
  }),
  setting("clock", Records.ClockSetting, { version: time.setting, get: time.setting, set: time.set })
]
