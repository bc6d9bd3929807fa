/**
 * Text with its length in front, so that parts put side by side can be taken apart in one way only: what stands inside a
 * part can never be read as the border of one.
 */
export const netstring = (text: string): string => `${text.length}:${text}`
