/**
 * Scenario: the secret key is changed while notifications come in. First the old one alone, then both while the senders
 * switch from one to the other in no order, then, once the old one has not been used for a while, the new one alone. No
 * genuine notification may be refused on the way.
 */
import type * as Child from "@effect-yunmo/test-support/Child"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Apps from "./Apps.js"
import * as Compare from "./Compare.js"
import * as Database from "./Database.js"
import * as Load from "./Load.js"
import * as Message from "./Message.js"
import type { Report } from "./Report.js"
import * as Seeded from "./Seeded.js"
import * as Sender from "./Sender.js"
import * as Supervisor from "./Supervisor.js"
import * as Tally from "./Tally.js"

export interface Options {
  readonly seed: number
  /** Notifications in each of the three phases. */
  readonly count: number
}

export interface Outcome {
  readonly options: Options
  readonly tally: Tally.Tally
  readonly comparison: Compare.Comparison
  /** 401 for a genuine notification. */
  readonly refused: number
  /** Milliseconds between the last use of the old key, as the webhook tells, and its end. */
  readonly quietFor: number | undefined
  /** What a notification under the old key is answered in the end. */
  readonly afterwards: string
  readonly transcript: ReadonlyArray<string>
  readonly differences: ReadonlyArray<string>
}

const oldSecret = Message.secret
const newSecret = "Tn4mBw7YcE1hGd9J"

const settings = {
  old: { YUNMO_SECRET_KEY: oldSecret },
  both: { YUNMO_SECRET_KEY: oldSecret, YUNMO_ACCEPTED_SECRET_KEYS: newSecret },
  new: { YUNMO_SECRET_KEY: newSecret }
}

/** The ids under which the webhook knows the two, while it has both. */
const ids = { old: "signing", new: "accepted-1" }

const Verified = Schema.parseJson(
  Schema.Struct({ timestamp: Schema.DateFromString, annotations: Schema.Struct({ keyId: Schema.String }) })
)

/** When each key was last used, by what the process says: its log tells the key of every notification. */
const lastUses = (child: Child.Child): ReadonlyMap<string, number> => {
  const uses = new Map<string, number>()
  child.onLine((line) =>
    Option.map(Schema.decodeUnknownOption(Verified)(line), ({ annotations, timestamp }) =>
      uses.set(annotations.keyId, timestamp.getTime())
    )
  )
  return uses
}

const half = (load: Load.Load) =>
  Effect.gen(function* () {
    while (load.done() < load.total / 2) {
      yield* Effect.sleep("1 millis")
    }
  })

export const run = ({ count, seed }: Options): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const database = Database.sqlite(yield* Folder.temporary)
    const port = yield* Port.lasting
    const command = (env: Readonly<Record<string, string>>) => Apps.webhook({ database, port, env })
    const webhook = yield* Supervisor.start(command(settings.old))
    const sender = yield* Sender.make
    const tally = Tally.make()
    const transcript: Array<string> = []
    const say = (line: string) => {
      const answers = [...tally.answers].map(([name, n]) => `${n} × ${name}`).join(", ")
      transcript.push(answers === "" ? line : `${line} (${answers})`)
    }
    const load = (phase: number, secret: (index: number) => string) =>
      Load.make(
        { seed, first: phase * count, count, secret, url: () => Apps.webhookUrl(port) },
        sender,
        tally
      )

    say("the webhook knows the old key, all senders use it")
    const first = load(0, () => oldSecret)
    const adding = Effect.gen(function* () {
      yield* half(first)
      yield* webhook.stopAndRestart(command(settings.both))
      say("the webhook knows both keys")
    })
    yield* Effect.all([first.run, adding], { concurrency: "unbounded" })

    const uses = lastUses(webhook.current())
    say("the senders switch to the new key, in no order")
    yield* load(1, (index) =>
      Seeded.stream(seed, "switch", index).chance((index - count) / count) ? newSecret : oldSecret
    ).run

    say("all senders use the new key")
    const begun = Date.now()
    const last = load(2, () => newSecret)
    const retiring = Effect.gen(function* () {
      yield* half(last)
      const used = uses.get(ids.old)
      const quiet = used === undefined ? undefined : Date.now() - used
      say(`the old key was last used ${quiet} milliseconds ago, the new one is in use: the old one goes`)
      yield* webhook.stopAndRestart(command(settings.new))
      say("the webhook knows the new key")
      return { quiet, used }
    })
    const [, { quiet, used }] = yield* Effect.all([last.run, retiring], { concurrency: "unbounded" })
    say("done")

    const comparison = yield* Compare.compare(database, tally)
    const late = yield* sender.send(Apps.webhookUrl(port), Message.of(seed, 3 * count, oldSecret).body)
    const afterwards = late._tag === "Answered" ? String(late.status) : late._tag
    const refused = tally.answers.get("401") ?? 0
    const outcome: Outcome = {
      options: { count, seed },
      tally,
      comparison,
      refused,
      quietFor: quiet,
      afterwards,
      transcript,
      differences: [
        ...comparison.differences,
        ...webhook.crashes(),
        ...(used === undefined || !uses.has(ids.new)
          ? ["The webhook did not tell which keys were used when."]
          : []),
        ...(used !== undefined && used > begun
          ? ["The webhook told of a use of the old key after the senders had switched."]
          : []),
        ...(afterwards === "401"
          ? []
          : [`The old key still opens the door: its message was answered ${afterwards}.`])
      ]
    }
    return outcome
  }).pipe(Effect.scoped)

export const report = ({
  afterwards,
  comparison,
  differences,
  options,
  refused,
  tally,
  transcript
}: Outcome): Report => ({
  title: "Key rotation",
  command: `pnpm chaos rotation --seed ${options.seed} --count ${options.count}`,
  transcript,
  tables: [
    {
      title: "Counts",
      rows: [
        ["notifications", 3 * options.count],
        ["answered OK", comparison.acknowledged],
        ["refused with 401", refused],
        ["deliveries given up after ten tries", tally.givenUp()],
        ["answer to a message under the old key afterwards", afterwards]
      ]
    }
  ],
  differences
})
