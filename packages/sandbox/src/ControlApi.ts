/**
 * The control surface's routes, under `/_sandbox`, as data: the server is made of them, and
 * `HttpApiClient.make(ControlApi.ControlApi)` is a typed client of them. All but `/_sandbox/health` want the control
 * credential. `OpenApi.fromApi(ControlApi.ControlApi)` is what `/_sandbox/openapi.json` serves.
 *
 * @since 0.1.0
 */

import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Schema from "effect/Schema"
import * as Control from "./Control.js"
import * as Fault from "./Fault.js"
import { described } from "./internal/described.js"
import { asAnswered } from "./internal/openApi.js"
import * as Rules from "./Rules.js"
import {
  BadControlInput,
  ControlForbidden,
  ControlUnauthorized,
  MoveRefused,
  StoreUnusable
} from "./SandboxError.js"
import * as State from "./State.js"

/**
 * Lets a call through that bears the control credential.
 *
 * @since 0.1.0
 * @category api
 */
export class ControlCredential extends HttpApiMiddleware.Tag<ControlCredential>()(
  "@effect-yunmo/sandbox/ControlCredential",
  {
    failure: ControlUnauthorized,
    security: {
      bearer: HttpApiSecurity.annotate(
        HttpApiSecurity.bearer,
        OpenApi.Description,
        "The control credential that the sandbox was started with. It is none of the merchant's keys or tokens."
      )
    }
  }
) {}

/** What a route does, in one sentence; and what to know about it. */
const does = (summary: string, description?: string) => OpenApi.annotations({ summary, description })

const health = HttpApiGroup.make("health")
  .annotate(OpenApi.Description, "Whether the sandbox is up.")
  .add(
    HttpApiEndpoint.get("health", "/health")
      .addSuccess(Schema.Struct({ status: Schema.Literal("ok"), app: Schema.Literal("sandbox") }))
      .annotateContext(does("Says that the sandbox is up.", "The one route that wants no credential."))
  )
  .prefix("/_sandbox")

const triggers = HttpApiGroup.make("triggers")
  .annotate(OpenApi.Description, "What a cardholder, a shop, a bank or the vendor's staff would do.")
  .add(
    HttpApiEndpoint.post("setCallback", "/callbacks")
      .setPayload(Control.SetCallback)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Sets where a merchant's notifications go.",
          "Those that waited for a URL are sent at once. Only to this machine, unless the sandbox was started with `allowRemoteCallbacks`."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("setMerchantEnabled", "/merchant-states")
      .setPayload(Control.SetMerchantEnabled)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Switches a merchant on or off.",
          "Calls of one that is off get the code of a disabled merchant."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("reviewKyc", "/kyc-reviews")
      .setPayload(Control.ReviewKyc)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Passes or rejects a KYC under review, as the vendor's staff would.",
          "The merchant gets a KYC notification."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("finishLiveness", "/liveness-results")
      .setPayload(Control.FinishLiveness)
      .addError(MoveRefused)
      .annotateContext(does("Takes the liveness check, as the cardholder would."))
  )
  .add(
    HttpApiEndpoint.post("makePhysicalCard", "/physical-cards")
      .setPayload(Control.MakePhysicalCard)
      .addSuccess(Control.PhysicalCard)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Manufactures a physical card that nobody has bound.",
          "The answer is what stands on the letter that it comes with: the one time that the activation code is told."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("authorize", "/authorizations")
      .setPayload(Control.Purchase)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Asks for money, as a shop does: kept back on the card, or declined.",
          "The merchant gets a TRADE notification, as of everything a shop does. A declined purchase is an answer with status `failed`, not an error."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("additionalAuthorize", "/additional-authorizations")
      .setPayload(Control.AdditionalAuthorization)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
      .annotateContext(does("Asks for more on an open authorization, as a hotel does."))
  )
  .add(
    HttpApiEndpoint.post("settle", "/settlements")
      .setPayload(Control.Settlement)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Takes the money of an authorization: all of it, or a part.",
          "What a final settlement does not take is released."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("cancel", "/cancellations")
      .setPayload(Control.Cancellation)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
      .annotateContext(does("Gives an authorization up; what it kept back is released."))
  )
  .add(
    HttpApiEndpoint.post("refund", "/refunds")
      .setPayload(Control.Refund)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
      .annotateContext(does("Gives money back, after a settlement or a transaction."))
  )
  .add(
    HttpApiEndpoint.post("transaction", "/transactions")
      .setPayload(Control.Purchase)
      .addSuccess(Control.ShopAnswer)
      .addError(MoveRefused)
      .annotateContext(does("Takes money at once, without an authorization."))
  )
  .add(
    HttpApiEndpoint.post("requestThreeDs", "/three-ds-requests")
      .setPayload(Control.ThreeDsRequest)
      .addSuccess(Control.ThreeDsRequested)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Asks the cardholder to confirm a purchase by 3-D Secure.",
          "The merchant gets a 3DS notification and answers by 5.1 before the deadline."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("finishOrder", "/order-results")
      .setPayload(Control.FinishOrder)
      .addError(MoveRefused)
      .annotateContext(does("Ends a pending balance adjustment now: done, or failed."))
  )
  .prefix("/_sandbox")
  .middleware(ControlCredential)

const settings = HttpApiGroup.make("settings")
  .annotate(OpenApi.Description, "How the sandbox behaves: its rules, faults, clock and snapshots.")
  .add(
    HttpApiEndpoint.post("setRules", "/rules")
      .setPayload(Rules.Changes)
      .addSuccess(Rules.Rules)
      .annotateContext(
        does(
          "Changes how strict the sandbox is and how long things take.",
          "Rules that are not named stay as they are. The answer is all rules as they are then."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("setFaults", "/faults")
      .setPayload(Fault.Plan)
      .addSuccess(Fault.Report)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Makes it a bad day of this kind from now on.",
          "The plan replaces the one before; an empty one ends it."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("moveClock", "/clock-moves")
      .setPayload(Control.MoveClock)
      .addSuccess(State.Clock)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Moves the sandbox's clock forward.",
          "What is due until then happens one after the other, each at its own time, and its notifications are sent before the next; answers when all of it has happened."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("takeSnapshot", "/snapshots")
      .setPayload(Control.SnapshotName)
      .addSuccess(State.Snapshot)
      .annotateContext(
        does("Remembers everything under a name.", "Until the process ends; a name can be used again.")
      )
  )
  .add(
    HttpApiEndpoint.post("restoreSnapshot", "/restorations")
      .setPayload(Control.SnapshotName)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Makes everything as it was when the snapshot was taken.",
          "A frozen clock and the source of chance too."
        )
      )
  )
  .add(
    HttpApiEndpoint.post("reset", "/resets").annotateContext(
      does("Makes everything as at the first start.", "Snapshots stay.")
    )
  )
  .prefix("/_sandbox")
  .middleware(ControlCredential)

const views = HttpApiGroup.make("views")
  .annotate(OpenApi.Description, "What the sandbox knows, and what happened.")
  .add(
    HttpApiEndpoint.get("state", "/state")
      .setUrlParams(Control.StateQuery)
      .addSuccess(State.State)
      .annotateContext(
        does(
          "Shows customers, cards, orders, transactions and 3-D Secure requests.",
          "All of them, unless `last` says otherwise. Card numbers are masked; keys, codes and tokens are not shown."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("ledger", "/cards/:cardId/ledger")
      .setPath(Schema.Struct({ cardId: described(Schema.typeSchema(Ids.CardId), "The card.") }))
      .addSuccess(Schema.Array(State.LedgerEntry))
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Shows a card's ledger: every amount that moved on it, oldest first.",
          "Its sum is the card's balance."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("deliveries", "/deliveries")
      .setUrlParams(Control.DeliveriesQuery)
      .addSuccess(Schema.Array(State.Delivery))
      .annotateContext(
        does(
          "Shows notifications with every attempt to deliver them, oldest first.",
          "`body` is the very text that was signed and sent."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("summary", "/summary")
      .addSuccess(State.Summary)
      .annotateContext(
        does(
          "Shows the state in figures.",
          "`balances` and `booked` are the sums of all balances and of all ledgers, and equal."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("calls", "/calls")
      .setUrlParams(Control.CallsQuery)
      .addSuccess(State.Calls)
      .annotateContext(does("Shows the calls to the vendor's API: how many of each kind, and the latest."))
  )
  .add(
    HttpApiEndpoint.get("rules", "/rules")
      .addSuccess(Rules.Rules)
      .annotateContext(does("Shows the rules in force."))
  )
  .add(
    HttpApiEndpoint.get("faults", "/faults")
      .addSuccess(Fault.Report)
      .annotateContext(does("Shows the faults in force, and how often each has fired."))
  )
  .add(
    HttpApiEndpoint.get("clock", "/clock")
      .addSuccess(State.Clock)
      .annotateContext(does("Shows the sandbox's clock, and when the next thing happens by itself."))
  )
  .add(
    HttpApiEndpoint.get("snapshots", "/snapshots")
      .addSuccess(Schema.Array(State.Snapshot))
      .annotateContext(does("Lists the snapshots."))
  )
  .add(
    HttpApiEndpoint.get("cardKey", "/card-key")
      .setUrlParams(
        Schema.Struct({
          merchantNo: Schema.optional(Schema.typeSchema(Ids.MerchantNo)).annotations({
            description: "The merchant; the only one, or the first, when it is not given."
          })
        })
      )
      .addSuccess(Control.CardKey)
      .addError(MoveRefused)
      .annotateContext(
        does(
          "Shows what decrypts the card numbers and PINs of a merchant.",
          "It is a private key: the vendor would have the merchant's public one."
        )
      )
  )
  .prefix("/_sandbox")
  .middleware(ControlCredential)

const description = `The control surface of the effect-yunmo sandbox: the YUNMO card-issuing API on your machine. It is **not YUNMO**,
it is not run or endorsed by them, and its cards pay for nothing.

These routes make happen what a cardholder, a shop, a bank or the vendor's staff would, and show what happened. The vendor's own API is
served beside them, at the paths of the contract, and is not described here.

It answers callers on this machine only, unless it was started with \`allowRemoteControl\`, and no page of another site (403). All routes but
\`/_sandbox/health\` want the control credential as \`Authorization: Bearer <credential>\` (401). A field that it does not know is refused (400),
since a misspelt one would make something else happen than was asked for. While its database cannot be written, no call is answered but
with that (500). Amounts are exact decimals as strings; times are epoch milliseconds.`

/**
 * The routes. {@link ControlForbidden}, {@link BadControlInput} and {@link StoreUnusable} can come from each of them.
 *
 * @since 0.1.0
 * @category api
 */
export class ControlApi extends HttpApi.make("sandbox")
  .add(health)
  .add(triggers)
  .add(settings)
  .add(views)
  .addError(BadControlInput)
  .addError(ControlForbidden)
  .addError(StoreUnusable)
  .annotateContext(
    OpenApi.annotations({
      title: "effect-yunmo sandbox: control surface (not YUNMO)",
      version: "0.1.0",
      description,
      transform: asAnswered
    })
  ) {}
