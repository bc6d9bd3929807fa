import * as Either from "effect/Either"
import { isLoopback } from "./ipAddress.js"
import { type Wrong, wrong } from "./refusal.js"

/**
 * Where notifications may go: this machine, unless the options say otherwise. Other names than `localhost` are not
 * resolved, since what they resolve to can change after the check.
 */
export const check = (text: string, allowRemote: boolean): Either.Either<string, Wrong> => {
  if (!URL.canParse(text)) {
    return wrong("The callback is not a URL; give one such as http://127.0.0.1:8787/yunmo/notifications.")
  }
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return wrong(
      "The callback is not an http or https URL; give one such as http://127.0.0.1:8787/yunmo/notifications."
    )
  }
  if (!allowRemote && !isLoopback(url.hostname)) {
    return wrong(
      `The sandbox sends notifications to this machine only, and ${url.hostname} is not known to be it; ` +
        "use localhost, 127.0.0.1 or [::1], or set allowRemoteCallbacks (--allow-remote-callbacks) if other people's machines shall get them."
    )
  }
  if (url.username !== "" || url.password !== "") {
    return wrong(
      "The callback has a user or password in it, which would be shown wherever the URL is; give it without, such as http://127.0.0.1:8787/yunmo/notifications."
    )
  }
  return Either.right(url.href)
}
