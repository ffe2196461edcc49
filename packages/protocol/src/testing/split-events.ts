/** Cuts a stream into its events, each with the blank line behind it: joined again they are the same bytes. */
export function splitEvents(stream: Buffer): string[] {
  return stream
    .toString('latin1')
    .split(/(?<=\n\n|\r\n\r\n)/u)
    .filter((event) => event.trim() !== '');
}

export function joinEvents(events: readonly string[]): Buffer {
  return Buffer.from(events.join(''), 'latin1');
}
