# shellcheck shell=bash
# What goes over the wire, for client.sh: reading of JSON, the signature, HTTP. It reads ADDRESS, AWK and SECRET_KEY.

# shellcheck disable=SC2016 # $1 in the text of an awk program is for awk.

TAB=$'\t'
CRLF=$'\r\n'

# ---------------------------------------------------------------------------------------------------- the transcript

STEP="start"
COUNT=0

step() { STEP=$1; COUNT=$((COUNT + 1)); }
ok() { printf 'ok %s %s: %s\n' "$COUNT" "$STEP" "$1"; }
fail() { printf 'not ok %s %s: %s\n' "$COUNT" "$STEP" "$1"; exit 1; }

# ---------------------------------------------------------------------------------------------------- reading of JSON

# FIELDS: the values of a JSON text, one a line, as json.awk writes them. Of the functions below, those that look for
# something look there.
FIELDS=""
read_json() {
  FIELDS=$(printf '%s' "$1" | $AWK -f "$HERE/json.awk") || fail "$2 cannot be read: ${FIELDS##*$'\n'}"
}

# KIND and VALUE of a field: `get data cardId`, or `get "" code` for one at the top.
get() {
  local line rest wanted="$1$TAB$2$TAB"
  while IFS= read -r line; do
    case $line in
      "$wanted"*)
        rest=${line#"$wanted"}
        KIND=${rest%%"$TAB"*}
        VALUE=""
        [ -z "${rest#*"$TAB"}" ] || printf -v VALUE '%b' "${rest#*"$TAB"}"
        return 0
        ;;
    esac
  done <<<"$FIELDS"
  KIND="absent" VALUE=""
  return 1
}

# KEYS: the keys of the top ("") or of an object, in the order of the message.
find_keys() {
  local line rest
  KEYS=""
  while IFS= read -r line; do
    [ "${line%%"$TAB"*}" = "$1" ] || continue
    rest=${line#*"$TAB"}
    KEYS="$KEYS ${rest%%"$TAB"*}"
  done <<<"$FIELDS"
  KEYS=${KEYS# }
}

# `expect data balance string 100.00`: the kind, `scalar` where a number will do as well as a string of it, and a pattern
# of the shell for the value.
expect() {
  get "$1" "$2"
  case $3,$KIND in
    scalar,string | scalar,number | "$KIND,$KIND") ;;
    *) fail "${1:+$1.}$2 is $KIND, expected $3" ;;
  esac
  # shellcheck disable=SC2254 # it is meant as a pattern
  case $VALUE in
    ${4-*}) ;;
    *)
      # What a failed check says may stand in a log.
      case $2 in
        token | url | cardPan) fail "${1:+$1.}$2 has not the expected form" ;;
      esac
      fail "${1:+$1.}$2 is '$VALUE', expected '$4'"
      ;;
  esac
}

quoted() {
  case $1 in
    *[[:cntrl:]]*) fail "a value with a control character is not sent" ;;
  esac
  QUOTED=${1//\\/\\\\}
  QUOTED="\"${QUOTED//\"/\\\"}\""
}

# ---------------------------------------------------------------------------------------------------- signature

md5_of_input() {
  if command -v md5sum >/dev/null 2>&1; then md5sum; else md5; fi | $AWK '{ print substr($1, 1, 32) }'
}

# TEXT: what is signed of FIELDS, as printf %b takes it. The envelope and data are one flat set, without sign, token and
# what is empty, ordered by key. A key may stand in both, and which one is meant is not documented: $1 is data, envelope
# or both. A nested value has no text that everybody agrees on, so there is none here.
canonical() {
  local lines
  lines=$(
    set -o pipefail
    printf '%s\n' "$FIELDS" | $AWK -F '\t' -v wins="$1" '
      $1 != "" && $1 != "data" { next }
      $2 == "sign" || $2 == "token" || $3 == "null" || ($3 == "string" && $4 == "") { next }
      $1 == "" && $2 == "data" && $3 == "object" { next }
      $3 == "object" || $3 == "array" || index($2, "\\") { nested = 1; exit }
      { n++; side[n] = $1 == "" ? 0 : 1; key[n] = $2; text[n] = $4; stands[side[n], $2] = 1 }
      END {
        if (nested) exit 1
        for (i = 1; i <= n; i++) {
          if (wins == "data" && side[i] == 0 && ((1, key[i]) in stands)) continue
          if (wins == "envelope" && side[i] == 1 && ((0, key[i]) in stands)) continue
          print key[i] "\t" side[i] "\t" text[i]
        }
      }' | sort -t "$TAB" -k 1,1 -k 2,2
  ) || fail "a nested value, or a key with an escape in it, has no text to sign"
  TEXT=$(printf '%s\n' "$lines" | $AWK -F '\t' '{ printf "%s%s=%s", sep, $1, $3; sep = "&" }')
}

# DIGEST: the MD5 of TEXT with the secret behind it. printf is the shell's own, so no process list shows the secret.
digest() {
  DIGEST=$({ printf '%b' "$TEXT"; printf '%s' "$1"; } | md5_of_input)
  [ ${#DIGEST} = 32 ] || fail "there is no working md5sum or md5"
}

# Whether the sign of a raw message holds; MATCHED says which reading of a key in both places it was.
verifies() {
  local sign
  read_json "$1" "the notification"
  get "" sign || return 1
  sign=$(printf '%s' "$VALUE" | tr '[:upper:]' '[:lower:]')
  for MATCHED in data envelope both; do
    canonical "$MATCHED"
    digest "$SECRET_KEY"
    if [ "$DIGEST" = "$sign" ]; then return 0; fi
  done
  return 1
}

# NONCE: 16 random characters.
make_nonce() { NONCE=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n'); }

# ---------------------------------------------------------------------------------------------------- HTTP

# STATUS and BODY of a POST of JSON; further arguments are header lines.
post() {
  local path=$1 body=$2 header head size response
  shift 2
  { exec 3<>"/dev/tcp/${ADDRESS%:*}/${ADDRESS##*:}"; } 2>/dev/null || fail "nothing listens at $SANDBOX_URL"
  {
    printf 'POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n' "$path" "$ADDRESS"
    for header in "$@"; do printf '%s\r\n' "$header"; done
    printf 'Content-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' "${#body}" "$body"
  } >&3
  # The x keeps line ends that a substitution would cut.
  response=$(cat <&3; printf x)
  exec 3>&-
  response=${response%x}
  case $response in
    "HTTP/1.1 "[1-5][0-9][0-9]*"$CRLF$CRLF"*) ;;
    *) fail "$path: no answer of HTTP 1.1" ;;
  esac
  head=$(printf '%s' "${response%%"$CRLF$CRLF"*}$CRLF" | tr '[:upper:]' '[:lower:]')
  STATUS=${response:9:3}
  BODY=${response#*"$CRLF$CRLF"}
  case $head in
    *"${CRLF}transfer-encoding: chunked$CRLF"*) unchunk "$path" ;;
    *"${CRLF}content-length: "*)
      size=${head#*"${CRLF}content-length: "}
      [ "${#BODY}" = "${size%%"$CRLF"*}" ] || fail "$path: the answer is cut short"
      ;;
  esac
}

unchunk() {
  local rest=$BODY size
  BODY=""
  while :; do
    size=${rest%%"$CRLF"*}
    size=${size%%;*}
    case $size in
      "" | *[!0-9a-fA-F]*) fail "$1: a chunk without a size" ;;
    esac
    size=$((16#$size))
    [ "$size" -gt 0 ] || return 0
    rest=${rest#*"$CRLF"}
    [ "${rest:size:2}" = "$CRLF" ] || fail "$1: the answer is cut short"
    BODY=$BODY${rest:0:size}
    rest=${rest:size+2}
  done
}
