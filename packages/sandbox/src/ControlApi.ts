/**
 * The control surface's routes, under `/_sandbox`, as data: the server is made of them, and
 * `HttpApiClient.make(ControlApi.ControlApi)` is a typed client of them. All but `/_sandbox/health` want the control
 * credential.
 *
 * @since 0.1.0
 */

import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Schema from "effect/Schema"
import * as Control from "./Control.js"
import * as Fault from "./Fault.js"
import * as Rules from "./Rules.js"
import { ControlUnauthorized, MoveRefused } from "./SandboxError.js"
import * as State from "./State.js"

/**
 * Lets a call through that bears the control credential.
 *
 * @since 0.1.0
 * @category api
 */
export class ControlCredential extends HttpApiMiddleware.Tag<ControlCredential>()(
  "@effect-yunmo/sandbox/ControlCredential",
  { failure: ControlUnauthorized, security: { bearer: HttpApiSecurity.bearer } }
) {}

const health = HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("health", "/health").addSuccess(
      Schema.Struct({ status: Schema.Literal("ok"), app: Schema.Literal("sandbox") })
    )
  )
  .prefix("/_sandbox")

const triggers = HttpApiGroup.make("triggers")
  .add(
    HttpApiEndpoint.post("setCallback", "/callbacks").setPayload(Control.SetCallback).addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("setMerchantEnabled", "/merchant-states")
      .setPayload(Control.SetMerchantEnabled)
      .addError(MoveRefused)
  )
  .add(HttpApiEndpoint.post("reviewKyc", "/kyc-reviews").setPayload(Control.ReviewKyc).addError(MoveRefused))
  .add(
    HttpApiEndpoint.post("finishLiveness", "/liveness-results")
      .setPayload(Control.FinishLiveness)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("makePhysicalCard", "/physical-cards")
      .setPayload(Control.MakePhysicalCard)
      .addSuccess(Control.PhysicalCard)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("authorize", "/authorizations")
      .setPayload(Control.Purchase)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("additionalAuthorize", "/additional-authorizations")
      .setPayload(Control.AdditionalAuthorization)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("settle", "/settlements")
      .setPayload(Control.Settlement)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("cancel", "/cancellations")
      .setPayload(Control.Cancellation)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("refund", "/refunds")
      .setPayload(Control.Refund)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("transaction", "/transactions")
      .setPayload(Control.Purchase)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("requestThreeDs", "/three-ds-requests")
      .setPayload(Control.ThreeDsRequest)
      .addSuccess(Control.ThreeDsRequested)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("finishOrder", "/order-results")
      .setPayload(Control.FinishOrder)
      .addError(MoveRefused)
  )
  .prefix("/_sandbox")
  .middleware(ControlCredential)

const settings = HttpApiGroup.make("settings")
  .add(HttpApiEndpoint.post("setRules", "/rules").setPayload(Rules.Changes).addSuccess(Rules.Rules))
  .add(HttpApiEndpoint.post("setFaults", "/faults").setPayload(Fault.Plan).addSuccess(Fault.Report))
  .add(
    HttpApiEndpoint.post("moveClock", "/clock-moves")
      .setPayload(Control.MoveClock)
      .addSuccess(State.Clock)
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.post("takeSnapshot", "/snapshots")
      .setPayload(Control.SnapshotName)
      .addSuccess(State.Snapshot)
  )
  .add(
    HttpApiEndpoint.post("restoreSnapshot", "/restorations")
      .setPayload(Control.SnapshotName)
      .addError(MoveRefused)
  )
  .add(HttpApiEndpoint.post("reset", "/resets"))
  .prefix("/_sandbox")
  .middleware(ControlCredential)

const views = HttpApiGroup.make("views")
  .add(HttpApiEndpoint.get("state", "/state").addSuccess(State.State))
  .add(
    HttpApiEndpoint.get("ledger", "/cards/:cardId/ledger")
      .setPath(Schema.Struct({ cardId: Schema.typeSchema(Ids.CardId) }))
      .addSuccess(Schema.Array(State.LedgerEntry))
      .addError(MoveRefused)
  )
  .add(
    HttpApiEndpoint.get("deliveries", "/deliveries")
      .setUrlParams(Control.DeliveriesQuery)
      .addSuccess(Schema.Array(State.Delivery))
  )
  .add(HttpApiEndpoint.get("summary", "/summary").addSuccess(State.Summary))
  .add(HttpApiEndpoint.get("calls", "/calls").addSuccess(State.Calls))
  .add(HttpApiEndpoint.get("rules", "/rules").addSuccess(Rules.Rules))
  .add(HttpApiEndpoint.get("faults", "/faults").addSuccess(Fault.Report))
  .add(HttpApiEndpoint.get("clock", "/clock").addSuccess(State.Clock))
  .add(HttpApiEndpoint.get("snapshots", "/snapshots").addSuccess(Schema.Array(State.Snapshot)))
  .add(
    HttpApiEndpoint.get("cardKey", "/card-key")
      .setUrlParams(Schema.Struct({ merchantNo: Schema.optional(Schema.typeSchema(Ids.MerchantNo)) }))
      .addSuccess(Control.CardKey)
      .addError(MoveRefused)
  )
  .prefix("/_sandbox")
  .middleware(ControlCredential)

/**
 * @since 0.1.0
 * @category api
 */
export class ControlApi extends HttpApi.make("sandbox").add(health).add(triggers).add(settings).add(views) {}
