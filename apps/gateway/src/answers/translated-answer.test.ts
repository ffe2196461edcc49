import { translateRequest } from '@tollgate/translate';
import { describe, expect, it } from 'vitest';
import { messagesDialect } from '../dialects/messages-dialect.ts';
import { TRANSLATED_CALLS } from '../translation/translated-calls.ts';
import type { Translation } from '../translation/translation.ts';
import { buildBody } from '../testing/build-context.ts';
import { TranslatedAnswer } from './translated-answer.ts';

const CHUNK = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const WHOLE = `${CHUNK({ role: 'assistant', content: 'Hi' })}${CHUNK({}, 'stop')}data: [DONE]\n\n`;

function setUp(stream = true) {
  const options = {
    from: 'messages',
    to: 'chat',
    upstreamModel: 'gpt-4o',
    stream,
    outputTokensMax: null,
  } as const;
  const request = translateRequest(Buffer.from(buildBody()), options);
  if (!request.ok) throw new Error(request.message);
  const translation: Translation = {
    call: TRANSLATED_CALLS.chat,
    body: Buffer.from(request.body),
    stream,
    dropped: ['seed'],
    isEnveloped: false,
    framing: 'sse',
    answer: {
      from: 'chat',
      to: 'messages',
      model: 'claude-x',
      context: request.context,
      createdAtS: 1,
      createId: () => 'id',
    },
  };
  return new TranslatedAnswer(translation, { dialect: messagesDialect, model: 'claude-x' }, () => 0);
}

describe('TranslatedAnswer', () => {
  it('[API-3] a whole stream has its end, whatever the cut of the bytes', () => {
    const stream = setUp().createStream();
    let text = '';
    for (const byte of Buffer.from(WHOLE)) text += stream.push(Buffer.of(byte)).toString();
    text += stream.end()?.toString() ?? '';
    expect(text).toContain('"model":"claude-x"');
    expect(text.endsWith('data: {"type":"message_stop"}\n\n')).toBe(true);
  });

  it('[REQ-2] one that is not whole has none', () => {
    const stream = setUp().createStream();
    const text = stream.push(Buffer.from(CHUNK({ role: 'assistant', content: 'Hi' }))).toString();
    expect([text.includes('Hi'), stream.end(), stream.flush().length]).toEqual([true, null, 0]);
  });

  it('[REQ-3] of the upstream’s headers nothing passes that speaks of it', () => {
    const headers = { 'content-type': 'x', 'x-request-id': 'up', 'set-cookie': 'a', 'retry-after': '3' };
    expect(setUp().selectHeaders(headers, 200)).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-tollgate-dropped': 'seed',
    });
    expect(setUp(false).selectHeaders(headers, 200)).toMatchObject({ 'content-type': 'application/json' });
  });

  it.each(['', '{}', '[]', 'null', '{"choices":7}', '<html>'])(
    '[API-3] %j is no answer of the upstream’s protocol',
    (body) => {
      expect(setUp(false).takeAnswer(Buffer.from(body))).toBeNull();
    },
  );

  it.each([
    [400, '{"error":{"message":"bad","type":"invalid_request_error","param":"x"}}', 'invalid_request', 'bad'],
    [400, '<html>', 'invalid_request', 'The request is not valid.'],
    [413, '', 'invalid_request', 'The request is not valid.'],
    [418, '{"error":{"message":"secret of the operator"}}', 'upstream_error', 'The upstream failed.'],
  ])('[REQ-6] %i %s: %s', (status, body, code, message) => {
    expect(setUp().mapError(status, {}, Buffer.from(body))).toMatchObject({ code, message });
  });
});
