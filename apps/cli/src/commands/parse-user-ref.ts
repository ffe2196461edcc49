/** A user as people name them: by id, or by e-mail. */
export function parseUserRef(text: string): { id: string } | { email: string } {
  return text.startsWith('usr_') ? { id: text } : { email: text };
}
