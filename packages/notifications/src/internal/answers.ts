import type { Answer, Outcome } from "../Answer.js"

export const textHeaders = { "Content-Type": "text/plain; charset=utf-8" } as const

export const textAnswer = (
  outcome: Outcome,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): Answer => ({ outcome, status, body, headers: { ...textHeaders, ...headers } })
