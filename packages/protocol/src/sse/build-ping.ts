import type { Protocol } from '@tollgate/core';

/** As the API itself sends it; the SDKs know the event. */
const MESSAGES_PING = Buffer.from('event: ping\ndata: {"type": "ping"}\n\n');
/** An event of its own, with its own blank line: in front of `data:` Google's client would lose that event. */
const COMMENT_PING = Buffer.from(': ping\n\n');

/**
 * [LIM-6] Bytes that keep a waiting stream alive and that every client of the protocol passes over: Anthropic's ping
 * event, an SSE comment elsewhere. The same buffer each time: not to be changed.
 */
export function buildPing(protocol: Protocol): Buffer {
  return protocol === 'messages' ? MESSAGES_PING : COMMENT_PING;
}
