import type { Protocol } from '@tollgate/core';

const MESSAGES_PING = Buffer.from('event: ping\ndata: {"type": "ping"}\n\n');
/** A comment: every SSE reader passes over it (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
const COMMENT_PING = Buffer.from(': ping\n\n');

/** LIM-6: a sign of life proper to the protocol, a whole event. Do not write into the buffer. */
export function buildPing(protocol: Protocol): Buffer {
  return protocol === 'messages' ? MESSAGES_PING : COMMENT_PING;
}
