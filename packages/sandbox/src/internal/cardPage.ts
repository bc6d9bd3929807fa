import * as Redacted from "effect/Redacted"
import type { Card } from "./world.js"

/** 4.10. Nothing in it comes from a caller, so nothing needs escaping; it loads nothing and runs nothing. */
export const cardPage = (card: Card): Redacted.Redacted<string> => {
  const groups = Redacted.value(card.pan).replace(/(\d{4})(?=\d)/g, "$1 ")
  return Redacted.make(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Sandbox card</title>
<style>body{font:16px/1.5 ui-monospace,monospace;margin:2rem}dt{color:#666}dd{margin:0 0 1rem}</style>
</head>
<body>
<p>A test card of the effect-yunmo sandbox. It pays for nothing.</p>
<dl>
<dt>Card number</dt><dd id="pan">${groups}</dd>
<dt>Valid until</dt><dd id="expiry">${card.expiry}</dd>
<dt>CVV</dt><dd id="cvv">${Redacted.value(card.cvv)}</dd>
</dl>
</body>
</html>
`)
}
