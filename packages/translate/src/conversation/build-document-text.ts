/** A document of plain text for protocols that have no such thing. */
export function buildDocumentText(text: string, name: string | null): string {
  return name === null ? text : `${name}\n\n${text}`;
}
