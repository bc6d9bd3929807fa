export type JsonValue = string | number | boolean | null | ReadonlyArray<JsonValue> | JsonObject

export interface JsonObject {
  readonly [key: string]: JsonValue
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * The encoded side of every schema here is JSON by construction (strings, numbers, booleans, arrays and plain
 * objects), which the type of `Schema.encode` cannot say. `undefined` members are left out, as JSON leaves them out.
 */
export const toJson = (value: unknown): JsonValue =>
  Array.isArray(value)
    ? value.map(toJson)
    : isJsonObject(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .map(([key, member]) => [key, toJson(member)])
        )
      : (value as JsonValue)
