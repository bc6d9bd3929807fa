/**
 * Section 5, the answer to a 3-D Secure authorization request.
 *
 * @since 0.1.0
 */
import * as Dto from "./Dto.js"
import { AuthorizationId, CardId } from "./Ids.js"
import * as Wire from "./Wire.js"

/**
 * @since 0.1.0
 * @category requests
 */
export const Confirm3DSDto = Dto.request("Confirm3DSDto", {
  authId: Dto.required(AuthorizationId, "SIBLING"),
  cardId: Dto.required(CardId, "SIBLING"),
  result: Dto.required(Wire.NonBlankText, "SIBLING", "written through the enum `threeDsResult`")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type Confirm3DSDto = typeof Confirm3DSDto.schema.Type
