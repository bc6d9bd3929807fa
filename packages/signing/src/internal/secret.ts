/** What is wrong with a secret as it came from a config or a clipboard. */
export const secretProblems = [
  "Empty",
  "OnlyBlanks",
  "StartsWithLineEnd",
  "EndsWithLineEnd",
  "StartsWithBlank",
  "EndsWithBlank",
  "StartsWithInvisible",
  "EndsWithInvisible"
] as const
export type SecretProblem = (typeof secretProblems)[number]

const sentences: Readonly<Record<SecretProblem, string>> = {
  Empty: "is empty",
  OnlyBlanks: "consists of blanks only",
  StartsWithLineEnd: "starts with a line end",
  EndsWithLineEnd: "ends with a line end",
  StartsWithBlank: "starts with a blank",
  EndsWithBlank: "ends with a blank",
  StartsWithInvisible: "starts with an invisible character",
  EndsWithInvisible: "ends with an invisible character"
}

/** As the end of a sentence that names the secret. */
export const describeSecretProblem = (problem: SecretProblem): string => sentences[problem]

/**
 * The first problem of a secret, if it has one. Blanks at an end are never part of a secret the vendor
 * issues, and come along with every other paste.
 */
export const secretProblem = (secret: string): SecretProblem | undefined => {
  if (secret === "") {
    return "Empty"
  }
  if (secret.trim() === "") {
    return "OnlyBlanks"
  }
  const first = edge(secret.charAt(0))
  if (first !== undefined) {
    return `StartsWith${first}`
  }
  const last = edge(secret.charAt(secret.length - 1))
  return last && `EndsWith${last}`
}

const edge = (char: string): "LineEnd" | "Blank" | "Invisible" | undefined => {
  if (/[\n\r\u2028\u2029]/.test(char)) {
    return "LineEnd"
  }
  // A byte order mark counts as white space in JavaScript, but nobody would find it by looking for a blank.
  if (/[\p{Cc}\p{Cf}]/u.test(char) && char !== "\t") {
    return "Invisible"
  }
  return /\s/.test(char) ? "Blank" : undefined
}
