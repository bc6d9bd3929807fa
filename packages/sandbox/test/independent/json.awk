# Reads one JSON text (RFC 8259) and prints one line for every value in it, in the order of the text:
#
#   parent TAB key TAB kind TAB text
#
# parent is "" at the top, "data" inside the field data, "data/0" inside its first element. kind is string, number, true,
# false, null, object or array. A number is the very characters that stand in the message, so that 20.00 stays 20.00 and
# no digit of a long one is lost. A string is decoded, then written so that bash's printf %b gives its bytes: no tab and
# no line end is left in it. Run it with LC_ALL=C.

{ input = input $0 "\n" }

END {
  for (i = 1; i < 32; i++) control = control sprintf("%c", i)
  at = 1
  blanks()
  top = at
  value("", "")
  blanks()
  if (peek() != "") bad("something stands behind the value")
}

function bad(why) {
  print "not JSON: " why " at character " at
  exit 1
}

function peek() { return substr(input, at, 1) }

function blanks() { while (peek() != "" && index(" \t\r\n", peek())) at++ }

function take(wanted) {
  blanks()
  if (peek() != wanted) bad("no " wanted)
  at++
}

function say(parent, key, kind, text) { print parent "\t" key "\t" kind "\t" text }

function value(parent, key,    c) {
  blanks()
  c = peek()
  if (c == "{") object(parent, key)
  else if (c == "[") array(parent, key)
  else if (c == "\"") say(parent, key, "string", string())
  else if (c == "t") word(parent, key, "true")
  else if (c == "f") word(parent, key, "false")
  else if (c == "n") word(parent, key, "null")
  else number(parent, key)
}

function word(parent, key, name) {
  if (substr(input, at, length(name)) != name) bad("an unknown word")
  at += length(name)
  say(parent, key, name, name)
}

function number(parent, key,    rest) {
  # The longest number has far fewer characters than this.
  rest = substr(input, at, 400)
  if (!match(rest, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/)) bad("no value")
  at += RLENGTH
  say(parent, key, "number", substr(rest, 1, RLENGTH))
}

# The value at the top has neither a parent nor a key, and neither has what stands in it a parent.
function below(parent, key) { return parent == "" ? key : parent "/" key }

function object(parent, key,    mine, name, path) {
  if (at != top) say(parent, key, "object", "")
  mine = ++objects
  path = below(parent, key)
  take("{")
  blanks()
  if (peek() == "}") { at++; return }
  while (1) {
    blanks()
    if (peek() != "\"") bad("no key")
    name = string()
    if ((mine, name) in seen) bad("a key that stands there twice")
    seen[mine, name] = 1
    take(":")
    value(path, name)
    blanks()
    if (peek() == "}") { at++; return }
    take(",")
  }
}

function array(parent, key,    path, n) {
  if (at != top) say(parent, key, "array", "")
  path = below(parent, key)
  take("[")
  blanks()
  if (peek() == "]") { at++; return }
  for (n = 0; ; n++) {
    value(path, n "")
    blanks()
    if (peek() == "]") { at++; return }
    take(",")
  }
}

function string(    c, out) {
  at++
  out = ""
  while (1) {
    c = peek()
    at++
    if (c == "\"") return out
    if (c == "") bad("a string without an end")
    if (index(control, c)) bad("a control character in a string")
    if (c == "\\") out = out escape()
    else out = out c
  }
}

function escape(    c, code, low) {
  c = peek()
  at++
  if (c == "\"" || c == "/") return c
  if (c == "\\") return "\\\\"
  if (c != "" && index("bfnrt", c)) return "\\" c
  if (c != "u") bad("an unknown escape")
  code = hexadecimal()
  if (code >= 55296 && code < 56320 && substr(input, at, 2) == "\\u") {
    at += 2
    low = hexadecimal()
    if (low < 56320 || low > 57343) bad("half a surrogate pair")
    code = 65536 + (code - 55296) * 1024 + (low - 56320)
  } else if (code >= 55296 && code < 57344) bad("half a surrogate pair")
  return utf8(code)
}

function hexadecimal(    i, digit, code) {
  code = 0
  for (i = 0; i < 4; i++) {
    digit = peek() == "" ? 0 : index("0123456789abcdef", tolower(peek()))
    if (digit == 0) bad("no hexadecimal digit")
    code = code * 16 + digit - 1
    at++
  }
  return code
}

function utf8(code) {
  # A shell's strings end at it.
  if (code == 0) bad("a NUL, which this reader cannot hold,")
  if (code < 128) return octal(code)
  if (code < 2048) return octal(192 + int(code / 64)) octal(128 + code % 64)
  if (code < 65536) return octal(224 + int(code / 4096)) octal(128 + int(code / 64) % 64) octal(128 + code % 64)
  return octal(240 + int(code / 262144)) octal(128 + int(code / 4096) % 64) octal(128 + int(code / 64) % 64) octal(128 + code % 64)
}

function octal(byte) { return "\\0" int(byte / 64) int(byte / 8) % 8 byte % 8 }
