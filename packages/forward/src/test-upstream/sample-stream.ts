const event = (type: string, rest: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

/** A Messages stream in its parts, with text that is more than one byte a character. */
export const PRELUDE =
  event('message_start', { message: { id: 'msg_1', usage: { input_tokens: 3 } } }) + event('ping');
export const CONTENT =
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grüße 👋 世界' } }) +
  event('content_block_stop', { index: 0 });
export const ENDING =
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }) +
  event('message_stop');
export const WHOLE_STREAM = PRELUDE + CONTENT + ENDING;

export const buildErrorEvent = (type: string): string =>
  event('error', { error: { type, message: 'from upstream' } });
export const buildDelta = (text: string): string =>
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
export const buildErrorJson = (type: string): string =>
  JSON.stringify({ type: 'error', error: { type, message: 'from upstream' }, request_id: 'req_1' });
