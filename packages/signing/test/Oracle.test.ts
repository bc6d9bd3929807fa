/**
 * What an implementation in another language said of hundreds of messages, `oracle/oracle.py`: its answers are kept in
 * `oracle/answers.json`, so that no Python is needed here. `oracle/live.ts` asks it anew.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as CanonicalText from "../src/CanonicalText.js"
import * as Digest from "../src/Digest.js"
import { policies } from "./oracle/messages.js"
import { readOrFail } from "./support.js"

const { answers }: { answers: ReadonlyArray<readonly [string, string, ...ReadonlyArray<string>]> } =
  JSON.parse(readFileSync(join(import.meta.dirname, "oracle", "answers.json"), "utf8"))

describe("an implementation in Python", () => {
  it("gave the same digests, for 600 messages under every policy", () => {
    assert.lengthOf(answers, 600)
    let refused = 0
    for (const [message, secret, ...digests] of answers) {
      const read = readOrFail(message)
      for (const [index, policy] of policies.entries()) {
        const ours = CanonicalText.make(read, policy)
        const theirs = digests.length === 1 ? digests[0] : digests[index]
        assert.strictEqual(
          ours._tag === "Text" ? Digest.make(ours.text, secret) : ours.reason,
          theirs,
          message
        )
      }
      const strict = CanonicalText.make(read)
      refused += strict._tag === "Refused" ? 1 : 0
      // What is not refused has one text, whatever the policy.
      assert.isTrue(strict._tag === "Refused" || digests.length === 1, message)
    }
    // Both sorts are among them.
    assert.isAbove(refused, 80)
    assert.isBelow(refused, 520)
  })
})
