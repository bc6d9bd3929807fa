/** What keeps a command from doing what it is for. */

import * as Data from "effect/Data"

/** One sentence for a person, and a word for a program. Neither holds a secret or a value of a message. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly code: string
  readonly sentence: string
  /** 2 when not given. */
  readonly exitCode?: number
}> {
  override get message(): string {
    return this.sentence
  }
}
