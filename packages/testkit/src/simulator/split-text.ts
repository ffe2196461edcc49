/** Pieces of a few characters, as providers send them; never between the halves of a surrogate pair. */
const TEXT_PIECE = /[\s\S]{1,12}/gu;

/** At least one piece. */
export function splitText(text: string): string[] {
  return text.match(TEXT_PIECE) ?? [''];
}
