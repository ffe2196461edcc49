import { expect, it } from 'vitest';
import type { AnswerStream } from '../answers/answer-form.ts';
import { buildContext } from '../testing/build-context.ts';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { StreamChecks } from './stream-checks.ts';

const event = (data: { type: string } & Record<string, unknown>) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};
const START = event({ type: 'message_start', message });
const BLOCK = [
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
  event({ type: 'content_block_stop', index: 0 }),
].join('');
const END = [
  event({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 2 },
  }),
  event({ type: 'message_stop' }),
].join('');

function setUp(percent: number, random = 0) {
  const logger = new RecordingLogger();
  const checks = new StreamChecks({ percent, logger, random: () => random });
  const watch = (stream: AnswerStream | null) => checks.watch(stream, buildContext().context, false);
  return { logger, checks, watch };
}

it('a stream that is as it should be passes untouched, and is counted', () => {
  const { logger, checks, watch } = setUp(100);
  const stream = watch(null);
  const sent = [START, BLOCK, END].map((text) => stream?.push(Buffer.from(text)).toString());
  expect([sent.join(''), stream?.end()?.length]).toEqual([START + BLOCK + END, 0]);
  expect([checks.checked, checks.broken, logger.lines]).toEqual([1, 0, []]);
});

it('one that is not passes as well, and is told by its rule, without a word of it', () => {
  const { logger, checks, watch } = setUp(100);
  const stream = watch(null);
  stream?.push(Buffer.from(START + BLOCK.replaceAll('"index":0', '"index":3')));
  stream?.push(Buffer.from(END));
  stream?.end();
  expect([checks.checked, checks.broken]).toEqual([1, 1]);
  expect(logger.lines).toMatchObject([
    { level: 'warn', detail: { protocol: 'messages', requestId: 'req_1' } },
  ]);
  expect(JSON.stringify(logger.lines)).not.toContain('Hi');
});

it('one that broke off is no subject', () => {
  const { checks, watch } = setUp(100);
  const broken: AnswerStream = { push: (chunk) => chunk, end: () => null, flush: () => Buffer.from('x') };
  const stream = watch(broken);
  stream?.push(Buffer.from(START));
  expect([stream?.end(), stream?.flush().toString(), checks.checked]).toEqual([null, 'x', 0]);
});

it('looks at the share that was asked for, and at none by default', () => {
  const passing: AnswerStream = { push: (chunk) => chunk, end: () => null, flush: () => Buffer.alloc(0) };
  expect(setUp(0).watch(passing)).toBe(passing);
  expect(setUp(0).watch(null)).toBeNull();
  expect(setUp(30, 0.31).watch(passing)).toBe(passing);
  expect(setUp(30, 0.29).watch(passing)).not.toBe(passing);
});
