import { expect, it } from 'vitest';
import { readAnswer } from './read-answer.ts';

const event = (data: { type: string; [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const START = event({ type: 'message_start', message: { usage: { input_tokens: 3, output_tokens: 1 } } });
const DELTA = event({ type: 'message_delta', usage: { output_tokens: 10 } });
const STOP = event({ type: 'message_stop' });

it('[MON-8] a client’s own sum: the last figure of a stream counts, once', () => {
  const expected = { kind: 'whole', cost: 3n * 3_000_000n + 10n * 15_000_000n };
  expect(readAnswer('r', START + event({ type: 'ping' }) + DELTA + STOP)).toMatchObject(expected);
  const plain = { type: 'message', usage: { input_tokens: 3, output_tokens: 10 } };
  expect(readAnswer('r', JSON.stringify(plain))).toMatchObject(expected);
});

it('what is not whole is not an answer, and an error says what it is', () => {
  expect(readAnswer('r', START + DELTA)).toMatchObject({ kind: 'cut', cost: 0n });
  expect(readAnswer('r', `${START + DELTA + STOP.slice(0, 20)}`)).toMatchObject({ kind: 'cut' });
  expect(readAnswer('r', '{"type":"message","usage":{"input_to')).toMatchObject({ kind: 'cut', cost: 0n });
  const error = { type: 'error', error: { message: 'no' } };
  expect(readAnswer('r', event(error))).toMatchObject({ kind: 'refused', message: 'no', cost: 0n });
  expect(readAnswer('r', JSON.stringify(error))).toMatchObject({ kind: 'refused', message: 'no' });
});

it('cache writes have prices of their own', () => {
  const usage = {
    input_tokens: 0,
    output_tokens: 1,
    cache_read_input_tokens: 2,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
  };
  const { cost } = readAnswer('r', JSON.stringify({ type: 'message', usage }));
  expect(cost).toBe(15_000_000n + 600_000n + 15_000_000n + 30_000_000n);
});
