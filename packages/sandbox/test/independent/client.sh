#!/usr/bin/env bash
# A merchant of the sandbox that shares no code with it: it signs, calls, reads and verifies by the vendor's page alone.
# It needs bash 3.2, awk, the usual POSIX tools, md5sum or md5, and node for the mailbox. See README.md beside it.
#
#   SANDBOX_URL=http://127.0.0.1:8788 MERCHANT_NO=… API_KEY=… SECRET_KEY=… CONTROL_TOKEN=… bash client.sh
#
# It prints a line for each thing that holds, and ends with 1 at the first that does not. No line shows a secret.

set -u
# Bytes, not characters: the order of keys is that of ASCII, and Content-Length counts bytes.
export LC_ALL=C
# A server that hangs up must be told of, not end the script.
trap '' PIPE

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
AWK=${AWK:-awk}
NODE=${NODE:-node}

# shellcheck source=wire.sh
. "$HERE/wire.sh"
# shellcheck source=merchant.sh
. "$HERE/merchant.sh"

for setting in SANDBOX_URL MERCHANT_NO API_KEY SECRET_KEY CONTROL_TOKEN; do
  [ -n "${!setting:-}" ] || fail "$setting is not set"
  # No child process has to know it.
  export -n "${setting?}"
done

case $SANDBOX_URL in
  http://*:*) ADDRESS=${SANDBOX_URL#http://} ADDRESS=${ADDRESS%/} ;;
  *) fail "SANDBOX_URL is not of the form http://host:port" ;;
esac

step "own signature"
read_json '{"nonce":"TW4P54uVulwRoc2y","merchantNo":"BU078255558","token":"testToken","requestTime":1770712296681,
  "version":"v1.0","data":{"customerCode":"test0001"}}' "the vendor's sample"
canonical data
digest 1111111111111111
[ "$DIGEST" = 6bf642b5fc7b10a6eae3b8ab5e7bbea2 ] || fail "the vendor's test vector gives $DIGEST"
ok "the vendor's test vector gives $DIGEST"

step "own reading"
read_json '{ "b" : 20.00, "B":"\u0031","sign":"s","token":"t","a":"e","data":{"n":null,"":"","f":false,"zero":0,
  "b1":12345678901234567890.10,"u":"\u00e9 \ud83d\ude00 é\/\"","e":"","t":true,"a":"d","x":"\\u\\\\n&y=1\t"} }' "the sample"
SAMPLE_END='b=20.00&b1=12345678901234567890.10&f=false&t=true&u=é 😀 é/"&x=\u\\n&y=1'"$TAB&zero=0"
for policy in "data:a=d" "envelope:a=e" "both:a=e&a=d"; do
  canonical "${policy%%:*}"
  [ "$(printf '%b' "$TEXT")" = "B=1&${policy#*:}&$SAMPLE_END" ] || fail "the text is $TEXT"
done
for broken in '{"a":1,"a":2}' '{"a":01}' '{"a":.5}' '[1,]' '{"a":"\ud800"}' '{"a":"\q"}' '{"a":tru}' '{"a":"b' '{} {}' ''; do
  if printf '%s' "$broken" | $AWK -f "$HERE/json.awk" >/dev/null; then fail "it takes $broken for JSON"; fi
done
BODY="4${CRLF}{\"é${CRLF}A;x=y${CRLF}\":${CRLF}\"100\"}${CRLF}0$CRLF$CRLF"
unchunk "the sample"
[ "$BODY" = "{\"é\":$CRLF\"100\"}" ] || fail "the chunks give $BODY"
ok "escapes, literal numbers, empty values, order, a key in both places, what is not JSON, chunks"

step "login"
call 200 /auth/login apiKey="$API_KEY"
expect data token string '?*'
TOKEN=$VALUE
ok "code 200, token received"

CUSTOMER_CODE="independent-$NONCE"
ORDER_NO="IND$NONCE"

step "wrong signature"
make_message customerCode="$CUSTOMER_CODE"
case $DIGEST in
  *0) WRONG=${DIGEST%0}1 ;;
  *) WRONG=${DIGEST%?}0 ;;
esac
send /customer/create "${MESSAGE/$DIGEST/$WRONG}"
expect_code 2000003
ok "code $CODE"

step "wrong token"
RIGHT_TOKEN=$TOKEN
TOKEN="not-$NONCE"
call 2000002 /customer/create customerCode="$CUSTOMER_CODE"
TOKEN=$RIGHT_TOKEN
ok "code $CODE"

step "create customer"
call 200 /customer/create customerCode="$CUSTOMER_CODE"
expect data customerId string '?*'
CUSTOMER_ID=$VALUE
ok "code 200, a customerId, so nothing came of the refused calls"

step "create customer again"
call 4000004 /customer/create customerCode="$CUSTOMER_CODE"
ok "code $CODE"

step "query customer"
call 200 /customer/query customerCode="$CUSTOMER_CODE"
expect data customerId string "$CUSTOMER_ID"
expect data customerCode string "$CUSTOMER_CODE"
ok "code 200, the same customer"

step "submit KYC"
call 200 /kyc/submit customerId="$CUSTOMER_ID" firstName=Ada lastName=Lovelace birthday=1990-12-10 nationality=PH \
  idType=PASSPORT idNumber=P0000001 idFrontPhoto=/9j/4AAQSkZJRg==
expect "" data true
ok "code 200, true"

step "liveness link"
call 200 /kyc/liveness/url customerId="$CUSTOMER_ID"
expect data customerId string "$CUSTOMER_ID"
expect data url string 'http*://?*'
expect data transactionId string '?*'
TRANSACTION_ID=$VALUE
ok "code 200, a transactionId and a url"

step "liveness result"
control liveness-results "{\"customerId\":\"$CUSTOMER_ID\",\"result\":\"passed\"}"
call 200 /kyc/liveness/result customerId="$CUSTOMER_ID" transactionId="$TRANSACTION_ID"
expect data customerId string "$CUSTOMER_ID"
expect data auditStatus number 1
ok "code 200, auditStatus 1 once it is finished"

step "mailbox"
open_mailbox
quoted "$MERCHANT_NO"
control callbacks "{\"merchantNo\":$QUOTED,\"url\":\"http://127.0.0.1:$PORT/notifications\"}"
ok "open, and the sandbox knows it"

step "KYC notification"
control kyc-reviews "{\"customerId\":\"$CUSTOMER_ID\",\"result\":\"passed\"}"
receive 1
expect_envelope KYC kyc_status
find_keys data
expect_keys "customerId auditState auditRemark"
expect data customerId string "$CUSTOMER_ID"
expect data auditState number 1
get data auditRemark
case $KIND in
  null | string) ;;
  *) fail "data.auditRemark is $KIND, expected string or null" ;;
esac
ok "8 fields, no token, 3 in data; auditState is the number 1"

step "KYC notification, signature"
check_signature

step "KYC notification, tampered"
tampered '"auditState":1' '"auditState":2' '"requestTime":1' '"requestTime":2' '"version":"v' '"version":"w' \
  'kyc_status' 'kyc-status' "$CUSTOMER_ID" "${CUSTOMER_ID%?}_"

step "KYC status"
call 200 /kyc/status customerId="$CUSTOMER_ID"
expect data auditState scalar 1
ok "code 200, passed"

step "card samples"
call 200 /card/samples
expect data/0 cardSampleId string '?*'
CARD_SAMPLE_ID=$VALUE
ok "code 200 with empty data in the request, $CARD_SAMPLE_ID is the first"

step "open virtual card"
call 200 /card/create customerId="$CUSTOMER_ID" cardSampleId="$CARD_SAMPLE_ID"
expect data cardId string '?*'
CARD_ID=$VALUE
expect_balance 0.00
ok "code 200, a cardId, balance 0.00"

step "top up"
call 200 /card/balance/adjust cardId="$CARD_ID" amount=100.00 direction=INCREASE merchantOrderNo="$ORDER_NO"
ok "code 200 for 100.00 under an own order number"

step "top-up order"
tries=0
while :; do
  call 200 /card/balance/order merchantOrderNo="$ORDER_NO"
  expect data status string '?*'
  [ "$VALUE" != SUCCESS ] || break
  tries=$((tries + 1))
  [ "$tries" -le 50 ] || fail "it is still $VALUE"
  pause
done
expect data amount string 100.00
ok "4.05 says SUCCESS, 100.00"

step "balance after the top-up"
expect_balance 100.00
ok "4.06 says 100.00"

step "the same order number again"
call 4000000 /card/balance/adjust cardId="$CARD_ID" amount=100.00 direction=INCREASE merchantOrderNo="$ORDER_NO"
expect_balance 100.00
ok "code 4000000, and the balance is still 100.00"

step "authorization"
control authorizations "{\"cardId\":\"$CARD_ID\",\"amount\":\"20.00\",\"currency\":\"USD\",\"merchantName\":\"Café & Söhne\"}"
expect "" orderNo string 'OR[0-9]*'
PURCHASE_NO=$VALUE
expect "" subOrderNo string 'SU[0-9]*'
receive 2
expect_trade 20.00 "$PURCHASE_NO" "$VALUE"

step "authorization, merchant name"
expect data terminalMerchantName string "Café & Söhne"
ok "UTF-8 and & as they were given"

step "authorization, signature"
check_signature

step "authorization, tampered"
tampered '"amount":"20.00"' '"amount":"20.01"' '"fxFee":"0.0000"' '"fxFee":"0.0001"' 'é' 'è' \
  '"nonce":"' '"nonca":"' '"eventName":"trade"' '"eventName":"trad3"'

step "settlement"
control settlements "{\"orderNo\":\"$PURCHASE_NO\"}"
expect "" orderNo string "$PURCHASE_NO"
expect "" subOrderNo string 'SU[0-9]*'
receive 3
expect_trade 20.00 "$PURCHASE_NO" "$VALUE"

step "settlement, signature"
check_signature

step "balance after the settlement"
expect_balance 80.00
ok "4.06 says 80.00"

step "3DS notification"
control three-ds-requests "{\"cardId\":\"$CARD_ID\",\"amount\":\"12.50\",\"currency\":\"USD\"}"
expect "" authId string '?*'
AUTH_ID=$VALUE
receive 4
expect_envelope _3DS 3ds
find_keys data
expect_keys "$THREE_DS_KEYS"
expect data authId string "$AUTH_ID"
expect data cardId string "$CARD_ID"
expect data cardPan string '[0-9]*\*\*\*\**[0-9]'
expect data txnCurrency string USD
expect data txnAmount string 12.50
ok "8 fields, no token, 8 in data; the card number is masked; 12.50 USD"

step "3DS notification, signature"
check_signature

step "3DS notification, tampered"
tampered '12.50' '92.50' "$AUTH_ID" "${AUTH_ID%?}_"

step "3DS confirmation"
call 200 /3ds/confirm authId="$AUTH_ID" cardId="$CARD_ID" result=APPROVE
expect "" data true
ok "code 200, true"

step "3DS confirmation again"
call 4000000 /3ds/confirm authId="$AUTH_ID" cardId="$CARD_ID" result=APPROVE
ok "code $CODE"

step "freeze"
call 200 /card/freeze cardId="$CARD_ID"
expect "" data true
expect_card_status FROZEN
ok "code 200, true, status FROZEN"

step "unfreeze"
call 200 /card/unfreeze cardId="$CARD_ID"
expect "" data true
expect_card_status ACTIVE
ok "code 200, true, status ACTIVE"

step "nothing is sent again"
# The first re-send would come after one second.
sleep 2
[ ! -e "$WORK/5.json" ] || fail "a fifth notification arrived"
ok "4 notifications, each acknowledged once"
