import type { Protocol } from '@tollgate/core';

const CHAT_END = Buffer.from('data: [DONE]\n\n');
const NO_END = Buffer.alloc(0);

/**
 * What stands behind the last event of a stream that we write ourselves: `[DONE]` in Chat Completions, nothing in
 * protocols whose last event is the end (messages, responses), or whose end is the close (gemini, code-assist).
 * Not sent after an error event. The same buffer each time: not to be changed.
 */
export function buildStreamEnd(protocol: Protocol): Buffer {
  return protocol === 'chat' ? CHAT_END : NO_END;
}
