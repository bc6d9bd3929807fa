import type { JsonValue } from "../RawMessage.js"
import { Cursor, failed, literalValue, quote } from "./cursor.js"

/**
 * How an object or array can be written into the text; {@link NestedPolicy} says which of them anyone may
 * choose.
 */
export type NestedStyle = "compactJson" | "javaToString" | "commaJoin"

type Node =
  | { readonly _tag: "Object"; readonly members: ReadonlyArray<readonly [key: string, value: Node]> }
  | { readonly _tag: "Array"; readonly items: ReadonlyArray<Node> }
  | { readonly _tag: "String"; readonly text: string }
  | { readonly _tag: "Literal"; readonly text: string }

/**
 * Writes a slice of a message that was already read, in any style, each computed once. It works on the slice, not on the
 * parsed value, because only the slice has the literal numbers and the order of integer-like keys.
 */
export const nestedRenderer = (slice: string): ((style: NestedStyle) => string) => {
  let node: Node | undefined
  const rendered: { [style in NestedStyle]?: string } = {}
  return (style) => {
    node ??= new Walker(slice).node()
    rendered[style] ??= renderNode(node, style)
    return rendered[style]
  }
}

/** The value of a slice of a message that was already read. */
export const nestedValue = (slice: string): JsonValue => nodeValue(new Walker(slice).node())

const nodeValue = (node: Node): JsonValue => {
  switch (node._tag) {
    case "Object": {
      const object: Record<string, JsonValue> = {}
      for (const [key, value] of node.members) {
        object[key] = nodeValue(value)
      }
      return object
    }
    case "Array":
      return node.items.map(nodeValue)
    case "String":
      return node.text
    case "Literal":
      return literalValue(node.text)
  }
}

const renderNode = (node: Node, style: NestedStyle): string =>
  style === "javaToString"
    ? javaToString(node)
    : style === "commaJoin" && node._tag === "Array"
      ? commaJoin(node.items)
      : compactJson(node)

const compactJson = (node: Node): string => {
  switch (node._tag) {
    case "Object":
      return `{${node.members.map(([key, value]) => `${JSON.stringify(key)}:${compactJson(value)}`).join(",")}}`
    case "Array":
      return `[${node.items.map(compactJson).join(",")}]`
    case "String":
      return JSON.stringify(node.text)
    case "Literal":
      return node.text
  }
}

/** As java.util.Map and java.util.List print themselves. */
const javaToString = (node: Node): string => {
  switch (node._tag) {
    case "Object":
      return `{${node.members.map(([key, value]) => `${key}=${javaToString(value)}`).join(", ")}}`
    case "Array":
      return `[${node.items.map(javaToString).join(", ")}]`
    default:
      return node.text
  }
}

/** As joining a list prints it: null is nothing, lists inside run on, objects inside are compact JSON. */
const commaJoin = (items: ReadonlyArray<Node>): string => items.map(joined).join(",")

const joined = (item: Node): string =>
  item._tag === "Array"
    ? commaJoin(item.items)
    : item._tag === "Object"
      ? compactJson(item)
      : item._tag === "Literal" && item.text === "null"
        ? ""
        : item.text

/** Trusts its input: the scanner has accepted it, its depth included. */
class Walker extends Cursor {
  node(): Node {
    const start = this.at
    switch (this.text.charCodeAt(start)) {
      case 0x7b:
        return { _tag: "Object", members: this.list(() => this.member()) }
      case 0x5b:
        return { _tag: "Array", items: this.list(() => this.node()) }
      case quote:
        return { _tag: "String", text: this.content() }
      default:
        literal.lastIndex = start
        literal.test(this.text)
        this.at = literal.lastIndex
        return { _tag: "Literal", text: this.text.slice(start, this.at) }
    }
  }

  /** At an opening bracket or brace. */
  private list<A>(item: () => A): ReadonlyArray<A> {
    const items: Array<A> = []
    this.step()
    // Its end is the only thing that cannot begin an item. The end of the text, which is in every text, counts as one.
    while (!"]}".includes(this.text.charAt(this.at))) {
      items.push(item())
      this.blanks()
      if (this.text.charCodeAt(this.at) === 0x2c) {
        this.step()
      }
    }
    this.at++
    return items
  }

  private member(): readonly [key: string, value: Node] {
    const key = this.content()
    this.blanks()
    // The colon.
    this.step()
    return [key, this.node()]
  }

  /** Past one character and the blanks behind it. */
  private step(): void {
    this.at++
    this.blanks()
  }

  private content(): string {
    const text = this.string()
    return text === failed ? "" : text
  }
}

/** A number or word. */
const literal = /[^\s,\]}]*/y
