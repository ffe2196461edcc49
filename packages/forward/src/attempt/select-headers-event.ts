import type { Event } from '../machine/states.ts';

type HeadersEvent = Extract<
  Event,
  'stream-headers' | 'json-headers' | 'gather-headers' | 'error-headers' | 'bad-answer'
>;

const PLAIN_CODINGS: ReadonlySet<string> = new Set(['', 'identity']);

/** What is to come of a good answer. `gathered`: a plain one, of a stream where the upstream sends one. */
export type WantedForm = 'stream' | 'plain' | 'gathered';

/**
 * What the head of an answer means. A success that is not the stream that was asked for is read as an error, as
 * it most often is one in JSON.
 */
export function selectHeadersEvent(
  status: number,
  headers: Record<string, string>,
  wanted: WantedForm,
  streamMediaType: string,
): HeadersEvent {
  if (status < 200 || status > 299) return 'error-headers';
  if (isEncoded(headers)) return 'bad-answer';
  if (wanted === 'plain') return 'json-headers';
  if (isOfType(headers, streamMediaType)) return wanted === 'stream' ? 'stream-headers' : 'gather-headers';
  return wanted === 'stream' ? 'error-headers' : 'json-headers';
}

/** Identity was asked for; nothing here could read or check another coding. */
export function isEncoded(headers: Record<string, string>): boolean {
  const coding = headers['content-encoding'];
  return coding !== undefined && !PLAIN_CODINGS.has(coding.trim().toLowerCase());
}

function isOfType(headers: Record<string, string>, wanted: string): boolean {
  const value = headers['content-type'] ?? '';
  if (value === wanted) return true;
  const [mediaType] = value.split(';', 1);
  return mediaType?.trim().toLowerCase() === wanted;
}
