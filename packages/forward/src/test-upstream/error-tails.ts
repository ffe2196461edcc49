import type { Protocol } from '@tollgate/core';

/** How a stream fails after content: with an error event, and what the protocol says behind it. */
export interface ErrorTail {
  name: string;
  protocol: Protocol;
  content: string;
  error: string;
  rest: string;
}

export const buildSseEvent = (type: string, rest: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const buildData = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

const RESPONSE = { id: 'resp_1', object: 'response', model: 'gpt-5.2', output: [] };
const RESPONSES_CONTENT =
  buildSseEvent('response.created', {
    sequence_number: 0,
    response: { ...RESPONSE, status: 'in_progress' },
  }) +
  buildSseEvent('response.output_text.delta', { sequence_number: 1, item_id: 'msg_1', delta: 'Grüße 👋' });
const RESPONSES_ERROR = buildSseEvent('error', {
  sequence_number: 2,
  code: 'server_error',
  message: 'no',
  param: null,
});
const RESPONSES_FAILED = buildSseEvent('response.failed', {
  sequence_number: 3,
  response: { ...RESPONSE, status: 'failed', error: { code: 'server_error', message: 'no' } },
});

const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' };
const CHAT_CONTENT = buildData({
  ...CHUNK,
  choices: [{ index: 0, delta: { role: 'assistant', content: 'Grüße 👋' }, finish_reason: null }],
});
const CHAT_ERROR = buildData({ error: { message: 'no', type: 'server_error', param: null, code: null } });

const MESSAGES_CONTENT =
  buildSseEvent('message_start', { message: { id: 'msg_1', usage: { input_tokens: 3 } } }) +
  buildSseEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  buildSseEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grüße 👋' } });
const MESSAGES_ERROR = buildSseEvent('error', { error: { type: 'overloaded_error', message: 'no' } });

const GEMINI = JSON.stringify({ candidates: [{ content: { parts: [{ text: 'Grüße 👋' }] }, index: 0 }] });
const GEMINI_ERROR = JSON.stringify({ error: { code: 503, message: 'no', status: 'UNAVAILABLE' } });

const tail = (name: string, content: string, error: string, rest: string): ErrorTail => ({
  name: `${name}`,
  protocol: name.slice(0, name.indexOf(':')) as Protocol,
  content,
  error,
  rest,
});

export const ERROR_TAILS: readonly ErrorTail[] = [
  tail('responses: error, then failed', RESPONSES_CONTENT, RESPONSES_ERROR, RESPONSES_FAILED),
  tail('responses: failed, then error', RESPONSES_CONTENT, RESPONSES_FAILED, RESPONSES_ERROR),
  tail('chat: error, then [DONE]', CHAT_CONTENT, CHAT_ERROR, 'data: [DONE]\n\n'),
  tail('chat: named error, then [DONE]', CHAT_CONTENT, `event: error\n${CHAT_ERROR}`, 'data: [DONE]\n\n'),
  tail('messages: error, then its close', MESSAGES_CONTENT, MESSAGES_ERROR, ''),
  tail('messages: error, then a stop', MESSAGES_CONTENT, MESSAGES_ERROR, buildSseEvent('message_stop')),
  tail('gemini: error in SSE', `data: ${GEMINI}\r\n\r\n`, `data: ${GEMINI_ERROR}\r\n\r\n`, ''),
  tail('gemini: bare error behind SSE', `data: ${GEMINI}\r\n\r\n`, `${GEMINI_ERROR}\n\n`, ''),
  tail('gemini: error in the array', `[${GEMINI}\n`, `,\r\n${GEMINI_ERROR}`, '\n]\n'),
];
