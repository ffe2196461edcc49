import type { Protocol } from '@tollgate/core';

/** As the API itself sends it; the SDKs know the event. */
const MESSAGES_PING = Buffer.from('event: ping\ndata: {"type": "ping"}\n\n');
/** An event of its own, with its own blank line: in front of `data:` Google's client would lose that event. */
const COMMENT_PING = Buffer.from(': ping\n\n');
/** White space may stand in front of a JSON text, and between the elements of an array. */
const ARRAY_PING = Buffer.from('\n');

/**
 * [LIM-6] Bytes that keep a waiting stream alive and that every client of the protocol passes over: Anthropic's ping
 * event, an SSE comment elsewhere, a line end where the stream is one JSON array (`isArray`: Gemini without
 * `alt=sse`). The same buffer each time: not to be changed.
 */
export function buildPing(protocol: Protocol, isArray = false): Buffer {
  if (isArray) return ARRAY_PING;
  return protocol === 'messages' ? MESSAGES_PING : COMMENT_PING;
}
