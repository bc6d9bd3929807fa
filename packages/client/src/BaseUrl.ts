/**
 * The address of the API. Secrets travel in every request, so plain HTTP is refused everywhere but on loopback, where
 * the sandbox listens.
 *
 * @since 0.1.0
 */
import * as Brand from "effect/Brand"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { parseUrl } from "./internal/url.js"

/**
 * `https://…`, or `http://` on loopback; no path at its end, no query, no credentials.
 *
 * @since 0.1.0
 * @category models
 */
export type BaseUrl = string & Brand.Brand<"BaseUrl">

const BaseUrl = Brand.nominal<BaseUrl>()

/**
 * An address that is not used.
 *
 * @since 0.1.0
 * @category errors
 */
export class BaseUrlInvalid extends Data.TaggedError("BaseUrlInvalid")<{ readonly reason: string }> {
  override get message(): string {
    return `The API's base URL ${this.reason}.`
  }
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Reads an address.
 *
 * @example
 * ```ts
 * import * as BaseUrl from "@effect-yunmo/client/BaseUrl"
 *
 * BaseUrl.fromText("https://sandbox-api.yunmo.io") // Right
 * BaseUrl.fromText("http://example.com") // Left: must begin with https://
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromText = (text: string): Either.Either<BaseUrl, BaseUrlInvalid> => {
  const invalid = (reason: string) => Either.left(new BaseUrlInvalid({ reason }))
  const url = parseUrl(text)
  if (url === undefined) {
    return invalid("is no URL; write https://host")
  }
  if (url.username !== "" || url.password !== "") {
    return invalid("must not carry a user name or password")
  }
  if (url.search !== "" || url.hash !== "") {
    return invalid("must not have a query or fragment")
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.test(url.hostname))) {
    return invalid(
      `must begin with https:// (plain http:// is for loopback only, and this host is ${url.hostname})`
    )
  }
  return Either.right(BaseUrl(`${url.origin}${url.pathname.replace(/\/+$/, "")}`))
}
