import { describe, expect, it } from 'vitest';
import { ResponsesStreamState } from './responses-stream-state.ts';

const CREATED =
  'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","output":[]}}\n\n';
const DELTA = (number: number, text = 'x') =>
  `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":${number},"delta":${JSON.stringify(text)}}\n\n`;

function read(...pieces: string[]): [string | null, number] {
  const state = new ResponsesStreamState();
  for (const piece of pieces) state.push(Buffer.from(piece));
  return [state.responseId, state.nextNumber];
}

describe('ResponsesStreamState', () => {
  it('[REQ-2] knows the name of the response and the next number, whatever the pieces', () => {
    expect(read(CREATED + DELTA(1), DELTA(2) + DELTA(13))).toEqual(['resp_1', 14]);
    expect(read(CREATED.slice(0, 60), CREATED.slice(60), DELTA(1))).toEqual(['resp_1', 2]);
    expect(read(CREATED.replaceAll('":', '": '))).toEqual(['resp_1', 1]);
  });

  it('the number of an event that is larger than what is kept, whole or in pieces', () => {
    const huge = DELTA(7, 'y'.repeat(5000));
    expect(read(CREATED, huge)).toEqual(['resp_1', 8]);
    expect(read(CREATED, huge.slice(0, 3000), huge.slice(3000))).toEqual(['resp_1', 8]);
    expect(read(CREATED, huge, DELTA(8))).toEqual(['resp_1', 9]);
    const small = Array.from({ length: 300 }, (_, index) => DELTA(index + 1));
    expect(read(CREATED, ...small)).toEqual(['resp_1', 301]);
  });

  it('what a model says is no number', () => {
    expect(read(CREATED, DELTA(1, '"sequence_number":99'))).toEqual(['resp_1', 2]);
  });

  it.each(['', 'x'.repeat(10_000), '"sequence_number":', '{"response":{"id":7}}'])(
    '%j names nothing',
    (bytes) => {
      expect(read(bytes)[0]).toBeNull();
      expect(read(bytes, 'x'.repeat(10_000), CREATED)[0]).toBeNull();
    },
  );
});
