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

const renderNode = (node: Node, style: NestedStyle): string => {
  switch (style) {
    case "compactJson":
      return compactJson(node)
    case "javaToString":
      return javaToString(node)
    case "commaJoin":
      return node._tag === "Array" ? commaJoin(node.items) : compactJson(node)
  }
}

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

const joined = (item: Node): string => {
  switch (item._tag) {
    case "Object":
      return compactJson(item)
    case "Array":
      return commaJoin(item.items)
    case "String":
      return item.text
    case "Literal":
      return item.text === "null" ? "" : item.text
  }
}

/** Trusts its input: the scanner has accepted it, its depth included. */
class Walker {
  private readonly slice: string
  private at = 0

  constructor(slice: string) {
    this.slice = slice
  }

  node(): Node {
    const start = this.at
    switch (this.slice.charCodeAt(start)) {
      case 0x7b:
        return { _tag: "Object", members: this.list(0x7d, () => this.member()) }
      case 0x5b:
        return { _tag: "Array", items: this.list(0x5d, () => this.node()) }
      case quote:
        return { _tag: "String", text: this.string() }
      default:
        while (!endsLiteral(this.slice.charCodeAt(this.at))) {
          this.at++
        }
        return { _tag: "Literal", text: this.slice.slice(start, this.at) }
    }
  }

  private blanks(): void {
    while (isBlank(this.slice.charCodeAt(this.at))) {
      this.at++
    }
  }

  /** At an opening bracket or brace. */
  private list<A>(close: number, item: () => A): ReadonlyArray<A> {
    const items: Array<A> = []
    this.at++
    this.blanks()
    while (this.at < this.slice.length && this.slice.charCodeAt(this.at) !== close) {
      items.push(item())
      this.blanks()
      if (this.slice.charCodeAt(this.at) === 0x2c) {
        this.at++
        this.blanks()
      }
    }
    this.at++
    return items
  }

  private member(): readonly [key: string, value: Node] {
    const key = this.string()
    this.blanks()
    // The colon.
    this.at++
    this.blanks()
    return [key, this.node()]
  }

  /** At an opening quote. */
  private string(): string {
    const start = this.at++
    let escaped = false
    let unit = this.slice.charCodeAt(this.at)
    while (unit !== quote && this.at < this.slice.length) {
      if (unit === 0x5c) {
        escaped = true
        this.at++
      }
      unit = this.slice.charCodeAt(++this.at)
    }
    this.at++
    const literal = this.slice.slice(start, this.at)
    if (!escaped) {
      return literal.slice(1, -1)
    }
    const text: string = JSON.parse(literal)
    return text
  }
}

const quote = 0x22

const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09

/** At a comma, a closing bracket or brace, a blank, or the end. */
const endsLiteral = (unit: number): boolean =>
  unit === 0x2c || unit === 0x5d || unit === 0x7d || isBlank(unit) || Number.isNaN(unit)
