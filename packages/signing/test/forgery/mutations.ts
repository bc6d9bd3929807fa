/** Every way in which a message is changed: by its fields, by its text, by its bytes. */
import { type Draft, type Genuine, type Member, write } from "./messages.ts"
import type { Random } from "./random.ts"

type Part = "envelope" | "data"
const other = (part: Part): Part => (part === "data" ? "envelope" : "data")
const partOf = (random: Random): Part => (random.chance(50) ? "envelope" : "data")

interface Place {
  readonly part: Part
  readonly at: number
  readonly member: Member
}

/** Some field that is not the signature; the merchant number when there is no other. */
const place = (random: Random, draft: Draft): Place => {
  const places = (["envelope", "data"] as const).flatMap((part) =>
    draft[part]
      .map((member, at): Place => ({ part, at, member }))
      .filter(({ member }) => member.key !== "sign")
  )
  return random.pick(places)
}

const splice = (
  draft: Draft,
  part: Part,
  at: number,
  remove: number,
  ...insert: ReadonlyArray<Member>
): Draft => ({
  ...draft,
  [part]: draft[part].toSpliced(at, remove, ...insert)
})

const replace = (draft: Draft, { at, part }: Place, ...members: ReadonlyArray<Member>): Draft =>
  splice(draft, part, at, 1, ...members)

const insert = (random: Random, draft: Draft, part: Part, member: Member): Draft =>
  splice(draft, part, random.below(draft[part].length + 1), 0, member)

const content = ({ json }: Member): string => {
  const value: unknown = JSON.parse(json)
  return typeof value === "string" ? value : json
}

const quoted = (text: string): string => JSON.stringify(text)

const editText = (random: Random, text: string): string => {
  const at = random.below(text.length + 1)
  const char = random.pick([..."abcXYZ0123456789 &=._-", "é", "\u200b", "\u0000"])
  return random.pick([
    () => text.slice(0, at) + char + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at) + char + text.slice(at + 1),
    () => [...text].toReversed().join(""),
    () => text + text
  ])()
}

const flipCase = (text: string): string =>
  text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()

const unicodeForm = (random: Random, text: string): string =>
  random.pick([
    () => text.normalize("NFC"),
    () => text.normalize("NFD"),
    () => text.normalize("NFKC"),
    () => text.replace(/[!-~]/, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0)),
    () => text.replace(/[aeopc]/, (char) => ({ a: "а", e: "е", o: "о", p: "р", c: "с" })[char] ?? char),
    () => `${text}\u200b`,
    () => `\u202e${text}`,
    () => `${text}\u0301`
  ])()

const numberForm = (random: Random, text: string): string => {
  const forms = [text, quoted(text)]
  if (/^-?(0|[1-9][0-9]*)$/.test(text))
    forms.push(`${text}.0`, `${text}e0`, `${text}E+0`, quoted(`${text}.0`), quoted(`+${text}`))
  if (/^-?(0|[1-9][0-9]*)\.[0-9]+$/.test(text))
    forms.push(`${text}0`, `${text}e0`, quoted(`${text}0`), text.replace(/\.?0*$/, ""))
  if (text === "true" || text === "false") forms.push(text === "true" ? "1" : "0", quoted(flipCase(text)))
  return random.pick(forms.filter((form) => form !== "" && isJson(form)))
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const nestedJson = ["{}", "[]", '{"a":1}', '["x"]', "[[]]", '{"data":{"amount":"9"}}', "[null]"]

const withSign = (draft: Draft, change: (member: Member) => ReadonlyArray<Member>): Draft => ({
  ...draft,
  envelope: draft.envelope.flatMap((member) => (member.key === "sign" ? change(member) : [member]))
})

/** A pair broken up or put together at `&` and `=`. */
const resplit = (random: Random, draft: Draft): Draft => {
  const one = place(random, draft)
  const text = content(one.member)
  const { key } = one.member
  const ampersand = text.indexOf("&")
  const equals = text.indexOf("=")
  const keyEquals = key.indexOf("=")
  if (ampersand !== -1 && random.chance(60)) {
    const [name, ...rest] = text.slice(ampersand + 1).split("=")
    return replace(
      draft,
      one,
      { key, json: quoted(text.slice(0, ampersand)) },
      { key: name ?? "", json: quoted(rest.join("=")) }
    )
  }
  if (equals !== -1 && random.chance(60)) {
    return replace(draft, one, {
      key: `${key}=${text.slice(0, equals)}`,
      json: quoted(text.slice(equals + 1))
    })
  }
  if (keyEquals !== -1) {
    return replace(draft, one, {
      key: key.slice(0, keyEquals),
      json: quoted(`${key.slice(keyEquals + 1)}=${text}`)
    })
  }
  // The next of the sorted pairs, drawn into this one: most likely to give the very same text.
  const all = [...draft.envelope, ...draft.data]
    .filter(
      (member) =>
        member.key !== "sign" && member.key !== "token" && content(member) !== "" && member.json !== "null"
    )
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const next = all[all.findIndex((member) => member.key === key) + 1]
  if (next === undefined) {
    return draft
  }
  const joined = { key, json: quoted(`${text}&${next.key}=${content(next)}`) }
  const without = (list: ReadonlyArray<Member>) =>
    list.flatMap((member) => (member === next ? [] : member === one.member ? [joined] : [member]))
  return { envelope: without(draft.envelope), data: without(draft.data) }
}

const byFields: Readonly<Record<string, (random: Random, draft: Draft) => Draft>> = {
  "field dropped": (random, draft) => replace(draft, place(random, draft)),
  "field added": (random, draft) =>
    insert(random, draft, partOf(random), {
      key: random.pick(["amount2", "extra", "Amount", "status2", "aaa", "zzz", "data2", ""]),
      json: random.pick(['"1"', "1", "0", "false", "null", '""', '"x&y=z"'])
    }),
  "field renamed": (random, draft) => {
    const one = place(random, draft)
    return replace(draft, one, { ...one.member, key: editText(random, one.member.key) })
  },
  "value changed": (random, draft) => {
    const one = place(random, draft)
    return replace(draft, one, { ...one.member, json: quoted(editText(random, content(one.member))) })
  },
  "values swapped": (random, draft) => {
    const [a, b] = [place(random, draft), place(random, draft)]
    const swapped = replace(draft, a, { key: a.member.key, json: b.member.json })
    return replace(swapped, b, { key: b.member.key, json: a.member.json })
  },
  "moved to the other part": (random, draft) => {
    const one = place(random, draft)
    return insert(random, replace(draft, one), other(one.part), one.member)
  },
  "split or joined at & and =": resplit,
  "key in both parts": (random, draft) => {
    const one = place(random, draft)
    const json = random.pick([
      one.member.json,
      '"9"',
      "null",
      '""',
      "[]",
      quoted(editText(random, content(one.member)))
    ])
    return insert(random, draft, other(one.part), { key: one.member.key, json })
  },
  "key twice": (random, draft) => {
    const one = place(random, draft)
    return insert(random, draft, one.part, {
      key: one.member.key,
      json: random.pick([one.member.json, '"9"', "null", '""'])
    })
  },
  "__proto__ and the like": (random, draft) =>
    insert(random, draft, partOf(random), {
      key: random.pick(["__proto__", "constructor", "prototype"]),
      json: random.pick(['{"amount":"9"}', "null", '""', '"x"', "{}"])
    }),
  case: (random, draft) => {
    const one = place(random, draft)
    return replace(
      draft,
      one,
      random.chance(50)
        ? { ...one.member, key: flipCase(one.member.key) }
        : { ...one.member, json: quoted(flipCase(content(one.member))) }
    )
  },
  "blanks in a key or value": (random, draft) => {
    const one = place(random, draft)
    const blank = random.pick([" ", "\t", "\n", "\u00a0", "\u3000", "\ufeff"])
    const pad = (text: string) => (random.chance(50) ? blank + text : text + blank)
    return replace(
      draft,
      one,
      random.chance(50)
        ? { ...one.member, key: pad(one.member.key) }
        : { ...one.member, json: quoted(pad(content(one.member))) }
    )
  },
  "Unicode forms": (random, draft) => {
    const one = place(random, draft)
    return replace(
      draft,
      one,
      random.chance(30)
        ? { ...one.member, key: unicodeForm(random, one.member.key) }
        : { ...one.member, json: quoted(unicodeForm(random, content(one.member))) }
    )
  },
  '1, 1.0, "1"': (random, draft) => {
    const one = place(random, draft)
    return replace(draft, one, { ...one.member, json: numberForm(random, content(one.member)) })
  },
  "null, empty, absent": (random, draft) => {
    const one = place(random, draft)
    const json = random.pick(["null", '""', '"null"', "[]", "{}", "0", "false", '" "', undefined])
    return json === undefined ? replace(draft, one) : replace(draft, one, { ...one.member, json })
  },
  "nested value added": (random, draft) =>
    insert(random, draft, partOf(random), {
      key: random.pick(["extra", "aaa", "zzz"]),
      json: random.pick(nestedJson)
    }),
  "value made nested": (random, draft) => {
    const one = place(random, draft)
    return replace(draft, one, { ...one.member, json: random.pick([...nestedJson, `[${one.member.json}]`]) })
  },
  "nested value made text": (random, draft) => {
    const one = random.pick(
      [...draft.data].filter(({ json }) => /^[[{]/.test(json)).concat(draft.envelope[0] ?? [])
    )
    const change = (member: Member) =>
      member === one ? { key: member.key, json: quoted(member.json) } : member
    return { envelope: draft.envelope.map(change), data: draft.data.map(change) }
  },
  token: (random, draft) => {
    const hasToken = draft.envelope.some(({ key }) => key === "token")
    return hasToken
      ? {
          ...draft,
          envelope: draft.envelope.map((member) =>
            member.key === "token"
              ? { ...member, json: random.pick(['"other"', "null", '""', "1", "{}"]) }
              : member
          )
        }
      : insert(random, draft, partOf(random), { key: "token", json: '"other"' })
  },
  "order of keys": (random, draft) => ({
    envelope: draft.envelope.toSorted(() => random.below(3) - 1),
    data: draft.data.toSorted(() => random.below(3) - 1)
  }),
  "sign missing or of another type": (random, draft) => {
    const json = random.pick([
      undefined,
      "null",
      '""',
      "0",
      "true",
      "[]",
      "{}",
      '"x"',
      "array",
      "object",
      "blank",
      "short"
    ])
    return withSign(draft, (sign) => {
      switch (json) {
        case undefined:
          return []
        case "array":
          return [{ ...sign, json: `[${sign.json}]` }]
        case "object":
          return [{ ...sign, json: `{"sign":${sign.json}}` }]
        case "blank":
          return [{ ...sign, json: quoted(`${content(sign)} `) }]
        case "short":
          return [{ ...sign, json: quoted(content(sign).slice(0, 31)) }]
        default:
          return [{ ...sign, json }]
      }
    })
  },
  "sign changed": (random, draft) =>
    withSign(draft, (sign) => {
      const text = content(sign)
      const at = random.below(32)
      return [
        {
          ...sign,
          json: quoted(
            random.pick([
              text.slice(0, at) + random.text("0123456789abcdef", 1, 1) + text.slice(at + 1),
              random.text("0123456789abcdef", 32, 32),
              text.toUpperCase(),
              [...text].toReversed().join(""),
              "0".repeat(32),
              "d41d8cd98f00b204e9800998ecf8427e"
            ])
          )
        }
      ]
    }),
  "sign moved to data": (random, draft) => {
    const signs = draft.envelope.filter(({ key }) => key === "sign")
    const moved = signs.reduce((before, sign) => insert(random, before, "data", sign), draft)
    return random.chance(50) ? moved : withSign(moved, () => [])
  }
}

const byText: Readonly<Record<string, (random: Random, text: string) => string>> = {
  truncated: (random, text) => text.slice(0, random.below(text.length)),
  "text behind or before": (random, text) =>
    random.pick([
      `${text}x`,
      `${text}{}`,
      `${text}\0`,
      `x${text}`,
      `[${text}]`,
      `${text},${text}`,
      `${text}//`,
      `\ufeff${text}`
    ]),
  "blanks between tokens": (random, text) =>
    text.replace(/(?<=[{,:])/g, () =>
      random.chance(30) ? random.pick([" ", "\n", "\t", "\r\n", "  "]) : ""
    ),
  "blanks that are none": (random, text) =>
    text.replace(/(?<=[{,])/, random.pick(["\u00a0", "\f", "\v", "\ufeff", "\u2028", "/**/"])),
  escapes: (random, text) =>
    text.replace(/[A-Za-z0-9&=]/g, (char) =>
      random.chance(10) ? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}` : char
    ),
  "data as text": (_, text) =>
    text.replace(/"data":(\{.*\})\}$/s, (_, data: string) => `"data":${quoted(data)}}`),
  "data as a list": (_, text) => text.replace(/"data":(\{.*\})\}$/s, '"data":[$1]}'),
  "data deeper": (_, text) => text.replace(/"data":(\{.*\})\}$/s, '"data":{"data":$1}}'),
  "message deeper": (random, text) => `{"data":${text},"sign":"${random.text("0123456789abcdef", 32, 32)}"}`,
  "characters of the text": (random, text) => {
    const at = random.below(text.length)
    return text.slice(0, at) + random.pick([...'"\\{}[]:,0&= ', ""]) + text.slice(at + random.below(2))
  }
}

const byBytes: Readonly<Record<string, (random: Random, bytes: Buffer) => Buffer>> = {
  "bits flipped": (random, bytes) => {
    for (let flips = 1 + random.below(3); flips > 0; flips--) {
      const at = random.below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    }
    return bytes
  },
  "a byte changed": (random, bytes) => {
    bytes[random.below(bytes.length)] = random.below(256)
    return bytes
  },
  encodings: (random, bytes) => {
    const text = bytes.toString("utf8")
    return random.pick([
      () => Buffer.from(text, "utf16le"),
      () => Buffer.from(text, "latin1"),
      () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
      () => Buffer.from(bytes.toString("base64"), "utf8"),
      () => Buffer.from(text.replace(/&/g, "%26"), "utf8"),
      () => Buffer.from(bytes.toString("latin1").replace(/a/, "\xc1\xa1"), "latin1")
    ])()
  }
}

export const kinds: ReadonlyArray<string> = [byFields, byText, byBytes].flatMap((table) => Object.keys(table))

/** The message changed once in the way named, and at times twice more by its fields. */
export const mutate = (random: Random, message: Genuine, kind: string): string | Buffer => {
  const change = byFields[kind]
  let draft = change === undefined ? message.draft : change(random, message.draft)
  for (let more = random.chance(20) ? 1 + random.below(2) : 0; more > 0; more--) {
    const isEmptied = draft.envelope.every(({ key }) => key === "sign") && draft.data.length === 0
    draft = isEmptied ? draft : random.pick(Object.values(byFields))(random, draft)
  }
  const text = byText[kind]?.(random, write(draft)) ?? write(draft)
  const changeBytes = byBytes[kind]
  return changeBytes === undefined ? text : changeBytes(random, Buffer.from(text, "utf8"))
}
