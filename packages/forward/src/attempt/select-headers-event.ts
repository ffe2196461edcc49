import type { Event } from '../machine/states.ts';

type HeadersEvent = Extract<
  Event,
  'stream-headers' | 'json-headers' | 'gather-headers' | 'error-headers' | 'bad-answer'
>;

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
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== 'identity';
}

function isOfType(headers: Record<string, string>, wanted: string): boolean {
  const [mediaType] = (headers['content-type'] ?? '').split(';', 1);
  return mediaType?.trim().toLowerCase() === wanted;
}
