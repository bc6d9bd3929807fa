/** How the tables of the world are written down as rows of one SQL table, and read again. */
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Records from "./records.js"
import type { Table } from "./table.js"
import type { World } from "./world.js"

/** What names a row of the SQL table. */
type Name = readonly [kind: string, key: string]

/** What was taken off a table to be saved. */
export interface Taken {
  /** The rows that are gone, or that have a new place behind the others. */
  readonly dropped: ReadonlyArray<Name>
  /** In the order of the table; or which row cannot be written down, and where in it. */
  readonly rows: Either.Either<ReadonlyArray<readonly [...Name, row: unknown]>, string>
  /** Back, since it was not saved. */
  readonly untake: () => void
}

/** One table, with its way into the file and out of it. */
export interface Shelf {
  readonly kind: string
  readonly isChanged: () => boolean
  readonly take: () => Taken
  /** From now on. */
  readonly watch: () => void
  /** Puts a row that was kept where it was; or what in it is none. */
  readonly put: (key: string, row: string) => Either.Either<void, string>
  /** The key as a sentence may show it. */
  readonly show: (key: string) => string
}

/** Where in a value something is wrong, without a word about what stands there. */
const placeOf = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return issue === undefined || issue.path.length === 0 ? "it as a whole" : issue.path.map(String).join(".")
}

const quoted = (key: string): string => ` "${key}"`

const shelf = <K, V, R, I, J extends string>(
  kind: string,
  options: {
    readonly table: Table<K, V>
    readonly key: Schema.Schema<K, J>
    readonly record: Schema.Schema<R, I>
    readonly toRecord: (row: V) => R
    readonly put: (key: K, record: R) => void
    readonly show?: (key: string) => string
  }
): Shelf => {
  const { key: keys, put, record, show = quoted, table, toRecord } = options
  const encodeKey = Schema.encodeSync(keys)
  const encode = Schema.encodeEither(record)
  const decodeKey = Schema.decodeUnknownEither(keys)
  const decode = Schema.decodeUnknownEither(Schema.parseJson(record))
  return {
    kind,
    show,
    isChanged: () => table.isWritten,
    take: () => {
      const changes = table.take()
      return {
        dropped: changes.flatMap(({ isNew, key, row }) =>
          isNew || row === undefined ? [[kind, encodeKey(key)] as const] : []
        ),
        rows: Either.all(
          changes.flatMap(({ key, row }) =>
            row === undefined
              ? []
              : [
                  Either.mapBoth(encode(toRecord(row)), {
                    onLeft: (error) => `${kind}${show(encodeKey(key))} (look at ${placeOf(error)})`,
                    onRight: (encoded) => [kind, encodeKey(key), encoded] as const
                  })
                ]
          )
        ),
        untake: () => table.untake(changes)
      }
    },
    watch: () => table.watch(),
    put: (key, row) =>
      Either.mapBoth(Either.all([decodeKey(key), decode(row)]), {
        onLeft: placeOf,
        onRight: ([decodedKey, decoded]) => put(decodedKey, decoded)
      })
  }
}

/** A table whose rows are written down as they are. */
const plain = <K, V, I, J extends string>(
  kind: string,
  table: Table<K, V>,
  key: Schema.Schema<K, J>,
  record: Schema.Schema<V, I>,
  show?: (key: string) => string
): Shelf =>
  shelf(kind, {
    table,
    key,
    record,
    toRecord: (row) => row,
    put: (key, row) => {
      table.set(key, row)
    },
    ...(show === undefined ? {} : { show })
  })

const WholeNumber = Schema.NumberFromString.pipe(Schema.int())

export const of = (world: World): ReadonlyArray<Shelf> => [
  // Keys come from the options, and so does which merchants there are.
  shelf("merchants", {
    table: world.merchants,
    key: Schema.String,
    record: Records.MerchantState,
    toRecord: ({ callbackUrl, enabled }) => ({ callbackUrl, enabled }),
    put: (merchantNo, { callbackUrl, enabled }) => {
      const given = world.merchants.get(merchantNo)
      if (given !== undefined) {
        world.merchants.set(merchantNo, {
          ...given,
          enabled,
          callbackUrl: given.callbackUrl ?? callbackUrl
        })
      }
    }
  }),
  // The key is the token itself, which a message must not show.
  plain("tokens", world.tokens, Schema.String, Records.Token, () => ""),
  plain("customers", world.customers, Schema.typeSchema(Ids.CustomerId), Records.Customer),
  plain("liveness", world.liveness, Schema.typeSchema(Ids.LivenessTransactionId), Records.Liveness),
  plain("cards", world.cards, Schema.typeSchema(Ids.CardId), Records.Card),
  plain("ledger", world.ledger, WholeNumber, Records.LedgerEntry),
  plain("orders", world.orders, Schema.typeSchema(Ids.OrderNo), Records.Order),
  plain("purchases", world.purchases, Schema.typeSchema(Ids.OrderNo), Records.Purchase),
  plain("transactions", world.transactions, Schema.typeSchema(Ids.SubOrderNo), Records.Transaction),
  plain("threeDs", world.threeDs, Schema.typeSchema(Ids.AuthorizationId), Records.ThreeDs),
  plain("deliveries", world.deliveries, WholeNumber, Records.Delivery),
  plain("cardKeys", world.cardKeys, Schema.String, Records.CardKeyPair)
]
