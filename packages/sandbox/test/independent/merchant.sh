# shellcheck shell=bash
# What a merchant does, for client.sh: calls of the vendor's API, and a webhook. It reads MERCHANT_NO, CONTROL_TOKEN and NODE.

# ---------------------------------------------------------------------------------------------------- the vendor's API

TOKEN=""

# MESSAGE: a signed request with this data, `key=value` each, all of them strings.
make_message() {
  local pair data="" unsigned
  for pair in "$@"; do
    quoted "${pair%%=*}"
    data="$data${data:+,}$QUOTED:"
    quoted "${pair#*=}"
    data=$data$QUOTED
  done
  make_nonce
  quoted "$MERCHANT_NO"
  unsigned="\"merchantNo\":$QUOTED"
  quoted "$TOKEN"
  unsigned="$unsigned,\"token\":$QUOTED"
  # date has seconds everywhere, and milliseconds not everywhere.
  unsigned="$unsigned,\"requestTime\":$(date +%s)000,\"version\":\"v1.0\",\"nonce\":\"$NONCE\",\"data\":{$data}}"
  read_json "{$unsigned" "the own request"
  canonical data
  digest "$SECRET_KEY"
  MESSAGE="{\"sign\":\"$DIGEST\",$unsigned"
}

# Posts a message, and reads the envelope of the answer.
send() {
  post "$1" "$2"
  [ "$STATUS" = 200 ] || fail "$1: HTTP $STATUS"
  read_json "$BODY" "the answer of $1"
  expect "" timestamp number '[1-9]????????????'
  expect "" msg string '?*'
  MSG=$VALUE
  expect "" code string '?*'
  CODE=$VALUE
  # Responses are not signed.
  if get "" sign; then fail "$1: the answer has a sign"; fi
}

# `call 200 /customer/query customerCode=…`: the code that has to be answered, the path, the data.
call() {
  local wanted=$1 path=$2
  shift 2
  make_message "$@"
  send "$path" "$MESSAGE"
  expect_code "$wanted"
}

expect_code() { [ "$CODE" = "$1" ] || fail "code $CODE ($MSG), expected $1"; }

# A call of the control surface, with this JSON.
control() {
  post "/_sandbox/$1" "$2" "Authorization: Bearer $CONTROL_TOKEN"
  case $STATUS in
    2??) ;;
    *) fail "/_sandbox/$1: HTTP $STATUS" ;;
  esac
  FIELDS=""
  [ -z "$BODY" ] || read_json "$BODY" "the answer of /_sandbox/$1"
}

# The card's balance has to be this.
expect_balance() {
  call 200 /card/detail cardId="$CARD_ID"
  expect data currency string USD
  expect data balance string "$1"
}

expect_card_status() {
  call 200 /card/detail cardId="$CARD_ID"
  expect data status string "$1"
}

# ---------------------------------------------------------------------------------------------------- notifications

WORK=""
MAILBOX_PID=""
clean() {
  if [ -n "$MAILBOX_PID" ]; then kill "$MAILBOX_PID" 2>/dev/null; fi
  if [ -n "$WORK" ]; then rm -rf "$WORK"; fi
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

pause() { sleep 0.1 2>/dev/null || sleep 1; }

open_mailbox() {
  local tries=0
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/independent.XXXXXX") || fail "there is no place for the mailbox"
  # There before anybody looks into it: the shell opens it for the mailbox only when that has begun.
  : >"$WORK/port"
  "$NODE" "$HERE/mailbox.mjs" "$WORK" >"$WORK/port" &
  MAILBOX_PID=$!
  until PORT=$(cat "$WORK/port") && [ -n "$PORT" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$MAILBOX_PID" 2>/dev/null; then fail "the mailbox did not open"; fi
    pause
  done
}

# RAW: the bytes of the n-th notification, waited for.
receive() {
  local tries=0
  while [ ! -f "$WORK/$1.json" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || fail "notification $1 did not arrive"
    pause
  done
  RAW=$(cat "$WORK/$1.json"; printf x)
  RAW=${RAW%x}
}

check_signature() {
  verifies "$RAW" || fail "the signature does not hold"
  ok "it holds over the ${#RAW} bytes that arrived"
}

ENVELOPE_KEYS="data eventName eventType merchantNo nonce requestTime sign version"
TRADE_KEYS="orderNo subOrderNo cardId eventType subType status subStatus amount currency principal refund refundFee \
reversal reversalFee atmFee authorizationFee fxFee serviceFee cardFixedAmount eventTime terminalMerchantId \
terminalMerchantName terminalMerchantCountry terminalMerchantCity terminalMerchantMccCode terminalMerchantMccCategory \
terminalMerchantPostCode transactionCategory transactionChannel channelPrincipal channelRefund channelRefundFee \
channelAtmFee channelFixedAmount"
# The amounts that have a value in the vendor's sample of a trade.
TRADE_AMOUNTS="principal atmFee authorizationFee serviceFee channelPrincipal channelAtmFee"
THREE_DS_KEYS="authId cardId cardPan txnCurrency txnAmount cardAcceptorLocationName createdTime expireTimeStamp"
DATE_TIME='[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]'

expect_keys() { [ "$KEYS" = "$1" ] || fail "the keys are: $KEYS; expected: $1"; }

# `expect_envelope KYC kyc_status`: the envelope of RAW, field by field; there is no token. Of its order nothing is known.
expect_envelope() {
  read_json "$RAW" "the notification"
  find_keys ""
  KEYS=$(printf '%s\n' "$KEYS" | tr ' ' '\n' | sort | tr '\n' ' ')
  KEYS=${KEYS% }
  expect_keys "$ENVELOPE_KEYS"
  expect "" merchantNo string "$MERCHANT_NO"
  expect "" requestTime number '[1-9]????????????'
  expect "" version string '[vV]1.0'
  expect "" nonce string '????????????????'
  expect "" sign string '????????????????????????????????'
  expect "" eventType string "$1"
  expect "" eventName string "$2"
  expect "" data object
}

# `expect_trade amount orderNo subOrderNo`: the data of RAW has 34 keys, in the order of the vendor's sample.
expect_trade() {
  local key nulls=0
  expect_envelope TRADE trade
  find_keys data
  expect_keys "$TRADE_KEYS"
  for key in $KEYS; do
    get data "$key"
    case $KIND in
      string) ;;
      null) nulls=$((nulls + 1)) ;;
      *) fail "data.$key is $KIND, expected string or null" ;;
    esac
  done
  [ "$nulls" -gt 0 ] || fail "no value is null"
  expect data cardId string "$CARD_ID"
  expect data orderNo string "$2"
  expect data subOrderNo string "$3"
  expect data amount string "$1"
  expect data currency string USD
  expect data eventTime string "$DATE_TIME"
  expect data terminalMerchantCountry string '[A-Z][A-Z]'
  for key in $TRADE_AMOUNTS; do expect data "$key" string '*[0-9].[0-9][0-9]'; done
  # Scales vary, and a reader has to keep them: this one has four decimals where its neighbours have two.
  expect data serviceFee string 0.00
  expect data fxFee string 0.0000
  ok "8 fields, no token, 34 in data in order, $nulls null, amount $1, fxFee 0.0000 beside serviceFee 0.00"
}

# `tampered from to …`: with any of these in RAW put in place of another of the same length, the sign must not hold.
tampered() {
  local changed times=0
  while [ $# -gt 0 ]; do
    changed=${RAW/"$1"/$2}
    if [ "$changed" = "$RAW" ] || [ ${#changed} != ${#RAW} ]; then fail "there is no $1 to change"; fi
    if verifies "$changed"; then fail "it verifies with $2 in place of $1"; fi
    times=$((times + 1))
    shift 2
  done
  # What was changed is not to blame for more than that.
  verifies "$RAW" || fail "unchanged it does not verify"
  ok "with one byte changed it does not verify, $times times out of $times"
}
