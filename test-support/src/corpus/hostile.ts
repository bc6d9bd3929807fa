/** Inputs of our own, each with what the reader has to say: `Read`, or the reason of its refusal. */
import type { Hostile } from "./models.js"

const all = (
  expected: Hostile["expected"],
  inputs: Readonly<Record<string, string | Uint8Array>>
): ReadonlyArray<Hostile> => Object.entries(inputs).map(([name, input]) => ({ name, input, expected }))

/** One case for each of a list. */
const each = (
  expected: Hostile["expected"],
  list: ReadonlyArray<string>,
  name: (item: string) => string,
  input: (item: string) => string | Uint8Array
): ReadonlyArray<Hostile> => list.map((item) => ({ name: name(item), input: input(item), expected }))

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>): Uint8Array =>
  Buffer.concat(
    parts.map((part) => Buffer.from(typeof part === "string" ? new TextEncoder().encode(part) : part))
  )

const inString = (...units: ReadonlyArray<number>): Uint8Array => bytes('{"a":"', units, '"}')
const hex = (item: string): string => item.charCodeAt(0).toString(16).padStart(4, "0")
const deep = (levels: number, open: string, close: string): string =>
  `{"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`
const wide = (keys: number): string => `{${Array.from({ length: keys }, (_, at) => `"k${at}":0`).join(",")}}`

const controls = Array.from({ length: 0x20 }, (_, unit) => String.fromCharCode(unit))
const notBlanks = [
  "\u000b",
  "\f",
  "\u0085",
  "\u00a0",
  "\u1680",
  "\u2000",
  "\u2009",
  "\u2028",
  "\u2029",
  "\u202f",
  "\u205f",
  "\u3000",
  "\ufeff",
  "\u200b",
  "\u0000",
  "\u001f",
  "\u007f"
]
const forbidden = ["__proto__", "constructor", "prototype"]

export const hostile: ReadonlyArray<Hostile> = [
  ...each(
    "Syntax",
    controls,
    (unit) => `U+${hex(unit)} plain in a string`,
    (unit) => `{"a":"${unit}"}`
  ),
  ...each(
    "Syntax",
    controls,
    (unit) => `U+${hex(unit)} plain in a key`,
    (unit) => `{"${unit}":1}`
  ),
  ...each(
    "Read",
    controls,
    (unit) => `U+${hex(unit)} escaped in a string`,
    (unit) => `{"a":"\\u${hex(unit)}"}`
  ),
  ...each(
    "Syntax",
    notBlanks,
    (unit) => `U+${hex(unit)} between tokens`,
    (unit) => `{"a":${unit}1}`
  ),
  ...each(
    "Syntax",
    notBlanks.filter((unit) => unit !== "\ufeff"),
    (unit) => `U+${hex(unit)} before the message`,
    (unit) => `${unit}{"a":1}`
  ),
  ...each(
    "Syntax",
    notBlanks,
    (unit) => `U+${hex(unit)} behind the message`,
    (unit) => `{"a":1}${unit}`
  ),
  ...each(
    "ForbiddenKey",
    forbidden,
    (key) => `${key} in the envelope`,
    (key) => `{"${key}":1}`
  ),
  ...each(
    "ForbiddenKey",
    forbidden,
    (key) => `${key} in data`,
    (key) => `{"data":{"${key}":{}}}`
  ),
  ...each(
    "ForbiddenKey",
    forbidden,
    (key) => `${key} in a list`,
    (key) => `{"a":[[{"${key}":null}]]}`
  ),
  ...each(
    "ForbiddenKey",
    forbidden,
    (key) => `${key}, its first letter escaped`,
    (key) => `{"\\u${hex(key)}${key.slice(1)}":1}`
  ),
  ...each(
    "Read",
    forbidden,
    (key) => `${key} as a value`,
    (key) => `{"a":"${key}"}`
  ),
  ...each(
    "Read",
    [
      "__proto",
      "__PROTO__",
      "Constructor",
      "prototype ",
      "toString",
      "hasOwnProperty",
      "valueOf",
      "__defineGetter__",
      "then",
      "toJSON",
      "length",
      "0",
      ""
    ],
    (key) => `the key ${JSON.stringify(key)}`,
    (key) => `{${JSON.stringify(key)}:1,"data":{${JSON.stringify(key)}:"x"}}`
  ),
  ...each(
    "LoneSurrogate",
    [
      "\\ud800",
      "\\udbff",
      "\\udc00",
      "\\udfff",
      "\\ud800x",
      "\\ud800\\n",
      "\\ud800\\u0041",
      "\\ud800\\ud800",
      "\\udc00\\ud800",
      "\\ud83d\\",
      "\\uD83D\\uD83D\\uDE00",
      "\\ude00\\ud83d\\ude00",
      "\\udc00\\udc00",
      "\udc00\udc00",
      "\\ud83dxude00",
      "\\ud83d\\tde00",
      "\\ud83d\\ue000",
      "\ud83d\ue000",
      "\\ud83d\\ud7ff",
      "\ud83d\ud7ff",
      "\ud800",
      "\udfff",
      "\ud800x",
      "\udc00\ud800",
      "\\ud83d\ude00",
      "\ud83d\\ude00"
    ].filter((item) => item !== "\\ud83d\\"),
    (item) => `half a pair: ${JSON.stringify(item)}`,
    (item) => `{"a":"${item}"}`
  ),
  ...each(
    "LoneSurrogate",
    ["\\ud800", "\\udfff", "\ud800"],
    (item) => `half a pair in a key: ${JSON.stringify(item)}`,
    (item) => `{"${item}":1}`
  ),
  ...each(
    "LoneSurrogate",
    ["\\ud800", "\ud800"],
    (item) => `half a pair deep down: ${JSON.stringify(item)}`,
    (item) => `{"a":[{"b":"${item}"}]}`
  ),
  ...each(
    "Read",
    [
      "\\ud83d\\ude00",
      "\\uD83D\\uDE00",
      "😀",
      "\\udbff\\udfff",
      "\u{10ffff}",
      "\\ufffd",
      "\ufffd",
      "\\ufffe",
      "\uffff",
      "\\u0000",
      "\\u2028",
      "\u2028\u2029",
      "\u202e",
      "e\u0301",
      "\ufb01",
      "\u200d",
      "\ufeff"
    ],
    (item) => `the string ${JSON.stringify(item)}`,
    (item) => `{"a":"${item}","${item}":1}`
  ),
  ...each(
    "Syntax",
    [
      "+1",
      "01",
      "-01",
      "00",
      ".5",
      "1.",
      "1.e1",
      "-",
      "--1",
      "1e",
      "1e+",
      "1e-",
      "1E",
      "0x1",
      "0b1",
      "0o7",
      "1_000",
      "1,000",
      "Infinity",
      "-Infinity",
      "NaN",
      "1n",
      "1f",
      "٣",
      "１",
      "½",
      "1..0",
      "1.0.0",
      "1e1.5",
      "1e1e1",
      "- 1",
      "1 2",
      "- ",
      "'1'",
      "undefined",
      "nul",
      "nulll",
      "True",
      "TRUE",
      "tru",
      "falsee",
      "None",
      "nil",
      "()",
      "(1)",
      "<a>",
      "`a`",
      "'a'",
      "\\u0031",
      "#",
      "//1",
      "/*1*/1",
      "1/**/",
      "...",
      "a",
      "1;",
      "[1,]",
      "[,1]",
      "[1 2]",
      "[",
      "]",
      "[1}",
      "{]",
      "{,}",
      '{"b"}',
      '{"b":}',
      '{"b":1,}',
      '{"b" 1}',
      '{"b":1 "c":2}',
      "{b:1}",
      "{1:1}",
      "{'b':1}",
      "{null:1}",
      '{"b":1}}',
      "[[]",
      '"',
      '"b',
      '"\\',
      '"\\"',
      '"\\x41"',
      '"\\0"',
      '"\\v"',
      '"\\\'"',
      '"\\u"',
      '"\\u1"',
      '"\\u12g4"',
      '"\\u{41}"',
      '"\\U0041"',
      '"\\u00 1"',
      '"\\u+041"',
      '"a\nb"',
      '"a\tb"'
    ],
    (item) => `the value ${item}`,
    (item) => `{"a":${item}}`
  ),
  ...each(
    "Read",
    [
      "0",
      "-0",
      "0.0",
      "-0.0",
      "1e0",
      "1E+0",
      "1e-0",
      "0e999999",
      "1e999999",
      "-1e-999999",
      "9007199254740993",
      "0.1e1",
      `1${"0".repeat(5000)}`,
      `0.${"0".repeat(5000)}1`,
      "true",
      "false",
      "null",
      "[]",
      "{}",
      "[[],{}]",
      '""',
      '"\\/"',
      '"/"',
      '"\\u002f"',
      '"</script>"',
      '"%00"',
      '"$(x)"',
      '"{{x}}"',
      '"\' OR 1=1"',
      '"../../x"',
      `"${"x".repeat(60_000)}"`,
      " 1 ",
      "\t1\r\n"
    ],
    (item) => `the value ${item.length > 40 ? `${item.slice(0, 20)}… of ${item.length} characters` : item}`,
    (item) => `{"a":${item}}`
  ),
  ...all("DuplicateKey", {
    "a key twice": '{"a":1,"a":1}',
    "a key twice, once escaped": '{"a":1,"\\u0061":2}',
    "a key twice with fields between": `{"a":1,${wide(900).slice(1, -1)},"a":2}`,
    "the empty key twice": '{"":1,"":2}',
    "sign twice": '{"sign":"a","sign":"b"}',
    "data twice": '{"data":{},"data":{}}',
    "data twice, once null": '{"data":null,"data":{"a":1}}',
    "toString twice": '{"toString":1,"toString":2}',
    "a key twice in data": '{"data":{"amount":"1","amount":"9"}}',
    "a key twice deep down": '{"a":[[{"b":[{"c":1,"c":2}]}]]}',
    "a pair twice, once escaped": '{"😀":1,"\\ud83d\\ude00":2}'
  }),
  ...all("Read", {
    "one key in both parts": '{"a":1,"data":{"a":1}}',
    "one key at two depths": '{"a":{"a":{"a":1}}}',
    "keys that differ in case": '{"a":1,"A":2}',
    "keys that differ in their Unicode form": '{"é":1,"e\u0301":2}',
    "keys that differ in a zero-width blank": '{"a":1,"a\u200b":2}',
    "data in data": '{"data":{"data":{"data":{}}}}',
    "blanks around everything": ' \t\r\n{ \t"a"\r\n:\n1 , "data" : { } } \n',
    "depth 32, objects": deep(32, '{"a":', "}"),
    "depth 32, lists": deep(32, "[", "]"),
    "1,000 keys": wide(1000)
  }),
  ...all("TooDeep", {
    "depth 33, objects": deep(33, '{"a":', "}"),
    "depth 33, lists": deep(33, "[", "]"),
    "60,000 open lists": `{"a":${"[".repeat(60_000)}`,
    "10,000 open objects": `{"a":${'{"a":'.repeat(10_000)}`,
    "depth 33 under data": `{"data":${deep(32, "[", "]")}}`
  }),
  ...all("TooManyKeys", {
    "1,001 keys": wide(1001),
    "1,001 keys under data": `{"data":${wide(1000)}}`,
    "1,001 keys in a list": `{"a":[${'{"b":1},'.repeat(1000)}{}]}`,
    "the key too many twice": `${wide(1000).slice(0, -1)},"k0":1}`
  }),
  ...all("TooLarge", {
    "64 KiB and a byte": `{"a":"${"x".repeat(65_536 - 7)}"}`,
    "64 KiB and a byte, of blanks": `{}${" ".repeat(65_535)}`,
    "64 KiB of characters of three bytes": `{"a":"${"张".repeat(30_000)}"}`,
    "a megabyte of nothing": new Uint8Array(1_000_000),
    "a megabyte of brackets": "[".repeat(1_000_000)
  }),
  ...all("NotAnObject", {
    "a list": '[{"a":1}]',
    "a string": '"{}"',
    "a string that holds a message": JSON.stringify('{"a":1}'),
    "a number": "12345",
    null: "null",
    true: " true "
  }),
  ...all("ByteOrderMark", {
    "a byte order mark": "\ufeff{}",
    "a byte order mark, as bytes": bytes([0xef, 0xbb, 0xbf], "{}"),
    "two byte order marks": "\ufeff\ufeff{}",
    "a byte order mark alone": bytes([0xef, 0xbb, 0xbf])
  }),
  ...all("Syntax", {
    nothing: "",
    "no bytes": new Uint8Array(),
    blanks: " \n",
    "a NUL": "\0",
    "a form": "a=1&b=2",
    XML: '<?xml version="1.0"?><a/>',
    "gzip's first bytes, as text": "\u001f\u008b\b",
    "two messages": "{}{}",
    "two messages on two lines": "{}\n{}",
    "an assignment": 'x={"a":1}',
    "a call": 'cb({"a":1})',
    "an anti-hijacking prefix": ")]}',\n{}",
    "a comment first": "/**/{}",
    "a comment last": "{}//",
    "a semicolon": "{};",
    base64: "eyJhIjoxfQ==",
    "a record separator": "\u001e{}",
    "UTF-16 without a mark": Buffer.from('{"a":1}', "utf16le")
  }),
  ...all("InvalidUtf8", {
    "UTF-16 with its mark": Buffer.from('\ufeff{"a":1}', "utf16le"),
    "Latin-1": inString(0xe9),
    "0x80 alone": inString(0x80),
    "0xbf alone": inString(0xbf),
    "0xff": inString(0xff),
    "0xfe": inString(0xfe),
    "two bytes cut": inString(0xc3),
    "three bytes cut after one": inString(0xe5),
    "three bytes cut after two": inString(0xe5, 0xbc),
    "four bytes cut after three": inString(0xf0, 0x9f, 0x98),
    "an overlong slash": inString(0xc0, 0xaf),
    "an overlong quote": inString(0xc0, 0xa2),
    "an overlong NUL": inString(0xc0, 0x80),
    "an overlong letter": inString(0xc1, 0xa1),
    "an overlong slash of three bytes": inString(0xe0, 0x80, 0xaf),
    "an overlong slash of four bytes": inString(0xf0, 0x80, 0x80, 0xaf),
    "a high surrogate": inString(0xed, 0xa0, 0x80),
    "a low surrogate": inString(0xed, 0xbf, 0xbf),
    "a pair as CESU-8": inString(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
    "beyond U+10FFFF": inString(0xf4, 0x90, 0x80, 0x80),
    "five bytes": inString(0xf8, 0x88, 0x80, 0x80, 0x80),
    "six bytes": inString(0xfc, 0x84, 0x80, 0x80, 0x80, 0x80),
    "a continuation too many": inString(0xc3, 0xa9, 0xa9),
    "in a key": bytes('{"', [0xe9], '":1}'),
    "between tokens": bytes('{"a"', [0xa0], ":1}"),
    "behind the message": bytes("{}", [0xff]),
    "a byte order mark cut short": bytes([0xef, 0xbb], "{}"),
    gzip: Buffer.from("1f8b0800000000000003ab564a54b232ac050053fcd02207000000", "hex")
  })
]
