import { DEFAULT_DEADLINES } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWholeJson } from '../test-upstream/attempt-bench.ts';
import { PiecesClient, type PiecesAnswer } from '../test-upstream/pieces-client.ts';
import { RecordingSink } from '../test-upstream/recording-sink.ts';
import { SampleGatherer } from '../test-upstream/sample-gatherer.ts';
import { SampleMeter } from '../test-upstream/sample-meter.ts';
import {
  buildErrorEvent,
  buildErrorJson,
  CONTENT,
  ENDING,
  PRELUDE,
  WHOLE_STREAM,
} from '../test-upstream/sample-stream.ts';
import { forwardAttempt } from './forward-attempt.ts';

interface Answer extends PiecesAnswer {
  bytes: Buffer;
  wantsStream: boolean;
}

const SSE = 'text/event-stream';
const JSON_TYPE = 'application/json';
const ANSWERS: [name: string, type: string, status: number, wantsStream: boolean, text: string][] = [
  ['a whole stream', SSE, 200, true, WHOLE_STREAM],
  ['two messages in one stream', SSE, 200, true, WHOLE_STREAM + WHOLE_STREAM],
  ['a stream without its last blank line', SSE, 200, true, WHOLE_STREAM.slice(0, -1)],
  ['an error behind the end', SSE, 200, true, WHOLE_STREAM + buildErrorEvent('api_error')],
  ['a stream cut after content', SSE, 200, true, `${PRELUDE}${CONTENT}event: mes`],
  ['a stream cut in its prelude', SSE, 200, true, PRELUDE],
  ['an error before content', SSE, 200, true, PRELUDE + buildErrorEvent('overloaded_error')],
  [
    'an error before content, then an end',
    SSE,
    200,
    true,
    PRELUDE + buildErrorEvent('api_error') + CONTENT + ENDING,
  ],
  ['an error after content', SSE, 200, true, PRELUDE + CONTENT + buildErrorEvent('api_error')],
  [
    'more behind an error',
    SSE,
    200,
    true,
    PRELUDE + CONTENT + buildErrorEvent('api_error') + CONTENT + ENDING,
  ],
  [
    'an error without its blank line',
    SSE,
    200,
    true,
    PRELUDE + CONTENT + buildErrorEvent('api_error').slice(0, -1),
  ],
  ['a gathered stream', SSE, 200, false, WHOLE_STREAM],
  ['two gathered messages', SSE, 200, false, WHOLE_STREAM + PRELUDE + ENDING],
  ['a gathered stream without its last blank line', SSE, 200, false, WHOLE_STREAM.slice(0, -1)],
  ['a gathered stream that is cut', SSE, 200, false, `${PRELUDE}${CONTENT}event: mes`],
  ['a gathered error', SSE, 200, false, PRELUDE + CONTENT + buildErrorEvent('api_error') + ENDING],
  ['a gathered error behind the end', SSE, 200, false, WHOLE_STREAM + buildErrorEvent('api_error')],
  ['a plain answer', JSON_TYPE, 200, false, '{"id":"msg","text":"Grüße 👋"}'],
  ['an error answer', JSON_TYPE, 429, true, buildErrorJson('rate_limit_error')],
  ['an error in a 200', JSON_TYPE, 200, true, buildErrorJson('overloaded_error')],
];

/** `leftBefore`: the piece before which the client leaves, and the answer is read on. */
async function play(answer: Answer, pieces: Buffer[], leftBefore = Number.POSITIVE_INFINITY) {
  const client = new PiecesClient(answer, pieces);
  const sink = new RecordingSink();
  const before: string[] = [];
  const run = forwardAttempt({
    client,
    request: { method: 'POST', origin: 'http://up', path: '/', headers: {}, body: null, connectTimeoutMs: 1 },
    wantsStream: answer.wantsStream,
    meter: new SampleMeter(),
    gatherer: answer.wantsStream ? null : new SampleGatherer(),
    sink,
    deadlines: DEFAULT_DEADLINES,
    totalDeadlineAtMs: Number.POSITIVE_INFINITY,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    ticker: { add() {}, delete() {} },
    isWholeJson,
    beforeFinish: (outcome) => before.push(outcome),
  });
  client.onPiece = (index) => {
    if (index === leftBefore) run.readOn();
  };
  const end = await run.ended;
  return {
    end,
    text: sink.text,
    starts: sink.log.filter((each) => each === 'start').length,
    before,
    aborts: client.aborts,
  };
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...at.map((each) => each % bytes.length), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
}

describe('[MON-7] an answer that is read on', () => {
  for (const ending of ['end', 'reset'] as const) {
    it.each(ANSWERS)(
      `ends as with its client: %s, then ${ending}`,
      async (_name, type, status, wantsStream, text) => {
        const answer: Answer = { status, type, wantsStream, ending, bytes: Buffer.from(text) };
        const whole = await play(answer, [answer.bytes]);
        await fc.assert(
          fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), fc.nat(30), async (at, leftBefore) => {
            const pieces = cut(answer.bytes, at);
            const left = await play(answer, pieces, leftBefore);
            const heard = Buffer.concat(pieces.slice(0, leftBefore)).toString();
            expect([left.end.kind, left.before, left.aborts]).toEqual([
              whole.end.kind,
              whole.before,
              whole.aborts,
            ]);
            if (leftBefore >= pieces.length) return;
            expect(heard.startsWith(left.text)).toBe(true);
          }),
          { numRuns: 60 },
        );
      },
    );
  }
});

describe('any split of the same bytes gives the same result', () => {
  for (const ending of ['end', 'reset'] as const) {
    it.each(ANSWERS)(`%s, then ${ending}`, async (_name, type, status, wantsStream, text) => {
      const answer: Answer = { status, type, wantsStream, ending, bytes: Buffer.from(text) };
      const whole = await play(answer, [answer.bytes]);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), async (at) => {
          expect(await play(answer, cut(answer.bytes, at))).toEqual(whole);
        }),
        { numRuns: 60 },
      );
    });
  }
});
