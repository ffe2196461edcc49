import type { Event } from '../machine/states.ts';

type HeadersEvent = Extract<Event, 'stream-headers' | 'json-headers' | 'error-headers' | 'bad-answer'>;

/**
 * What the head of an answer means. A success that is not the stream that was asked for is read as an error, as
 * it most often is one in JSON.
 */
export function selectHeadersEvent(
  status: number,
  headers: Record<string, string>,
  wantsStream: boolean,
  streamMediaType: string,
): HeadersEvent {
  if (status < 200 || status > 299) return 'error-headers';
  if (isEncoded(headers)) return 'bad-answer';
  if (!wantsStream) return 'json-headers';
  return isOfType(headers, streamMediaType) ? 'stream-headers' : 'error-headers';
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
