import type { OpenAPISpec, OpenAPISpecOperation } from "@effect/platform/OpenApi"

const notSent = ["HttpApiDecodeError", "Issue", "PropertyKey"]

/** Inputs to try the routes with. Made from the schemas they would be noise, and nobody's card. */
export const examples: Readonly<Record<string, unknown>> = {
  "triggers.setCallback": { url: "http://127.0.0.1:8787/yunmo/notifications" },
  "triggers.setMerchantEnabled": { enabled: false },
  "triggers.reviewKyc": { customerId: "AU000000001", result: "rejected", remark: "the photo is blurred" },
  "triggers.finishLiveness": { customerId: "AU000000001", result: "passed" },
  "triggers.makePhysicalCard": {},
  "triggers.authorize": {
    cardId: "CDAU000000001V01",
    amount: "12.50",
    currency: "EUR",
    merchantName: "Corner Shop"
  },
  "triggers.additionalAuthorize": { orderNo: "OR000000000001", amount: "5.00" },
  "triggers.settle": { orderNo: "OR000000000001", amount: "10.00", final: true },
  "triggers.cancel": { orderNo: "OR000000000001" },
  "triggers.refund": { orderNo: "OR000000000001", amount: "2.50" },
  "triggers.transaction": { cardId: "CDAU000000001V01", amount: "12.50", currency: "USD" },
  "triggers.requestThreeDs": {
    cardId: "CDAU000000001V01",
    amount: "99.00",
    currency: "USD",
    merchantName: "Web Shop",
    expiresInSeconds: 120
  },
  "triggers.finishOrder": { merchantOrderNo: "top-up-1", result: "done" },
  "settings.setRules": { loginEndsOldTokens: true, clockSkewSeconds: 300 },
  "settings.setFaults": {
    calls: [{ fault: "lost", operations: ["adjustBalance"], executed: true, skip: 2, times: 1 }],
    notifications: [{ fault: "duplicate", rate: 0.3 }]
  },
  "settings.moveClock": { bySeconds: 600 },
  "settings.takeSnapshot": { name: "before" },
  "settings.restoreSnapshot": { name: "before" }
}

const withExample = ({ operationId, requestBody }: OpenAPISpecOperation) => {
  const json = requestBody?.content["application/json"]
  return requestBody === undefined || json === undefined || examples[operationId] === undefined
    ? {}
    : {
        requestBody: {
          ...requestBody,
          content: { "application/json": { ...json, example: examples[operationId] } }
        }
      }
}

/** `HttpApi` says of every route that it answers bad input with a tree of issues; here it is one sentence, where there is input. */
const operationAsAnswered = (operation: OpenAPISpecOperation): OpenAPISpecOperation => {
  const { 400: badInput, ...others } = operation.responses
  const takesInput = operation.requestBody !== undefined || operation.parameters.length > 0
  return {
    ...operation,
    ...withExample(operation),
    responses:
      badInput === undefined || !takesInput
        ? others
        : {
            ...others,
            400: {
              description: "The input does not fit; the message names the fields",
              content: { "application/json": { schema: { $ref: "#/components/schemas/BadControlInput" } } }
            }
          }
  }
}

const specAsAnswered = (spec: OpenAPISpec): OpenAPISpec => ({
  ...spec,
  paths: Object.fromEntries(
    Object.entries(spec.paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => [method, operationAsAnswered(operation)])
      )
    ])
  ),
  components: {
    ...spec.components,
    schemas: Object.fromEntries(
      Object.entries(spec.components.schemas).filter(([name]) => !notSent.includes(name))
    )
  }
})

/** The description as the server keeps it. A cast, since `OpenApi.Transform` hands the document on without its type. */
export const asAnswered = (spec: object): Record<string, unknown> => ({
  ...specAsAnswered(spec as OpenAPISpec)
})
