import { DEFAULT_DEADLINES } from '@tollgate/core';
import { createStreamMeter } from '@tollgate/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_TAILS, type ErrorTail } from '../test-upstream/error-tails.ts';
import { PiecesClient } from '../test-upstream/pieces-client.ts';
import { RecordingSink } from '../test-upstream/recording-sink.ts';
import { forwardAttempt } from './forward-attempt.ts';

const ENDINGS = ['end', 'reset'] as const;

async function play({ protocol }: ErrorTail, pieces: Buffer[], ending: (typeof ENDINGS)[number]) {
  const type = pieces[0]?.toString('latin1', 0, 1) === '[' ? 'application/json' : 'text/event-stream';
  const sink = new RecordingSink();
  const run = forwardAttempt({
    client: new PiecesClient({ status: 200, type, ending }, pieces),
    request: { method: 'POST', origin: 'http://up', path: '/', headers: {}, body: null, connectTimeoutMs: 1 },
    wantsStream: true,
    protocol,
    streamMediaType: type,
    meter: createStreamMeter(protocol),
    sink,
    deadlines: DEFAULT_DEADLINES,
    totalDeadlineAtMs: Number.POSITIVE_INFINITY,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    ticker: { add() {}, delete() {} },
    isWholeJson: () => false,
    beforeFinish: (outcome) => sink.log.push(`before ${outcome}`),
  });
  const end = await run.ended;
  const announced = sink.log.filter((line) => line.startsWith('before'));
  return { kind: end.kind, isErrorSent: 'isErrorSent' in end && end.isErrorSent, announced, text: sink.text };
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...at.map((each) => each % bytes.length), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

describe.each(ENDINGS)('an error after content, then %s', (ending) => {
  it.each(ERROR_TAILS)(
    '[SEL-5] [API-2] $name: all of it reaches the client once, wherever it is cut',
    async (tail) => {
      const text = tail.content + tail.error + tail.rest;
      const bytes = Buffer.from(text);
      const expected = { kind: 'broken', isErrorSent: true, announced: ['before stream-error'], text };
      for (let at = 0; at < bytes.length; at += 1)
        expect(await play(tail, cut(bytes, [at]), ending)).toEqual(expected);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(), { maxLength: 20 }), async (at) => {
          expect(await play(tail, cut(bytes, at), ending)).toEqual(expected);
        }),
        { numRuns: 40 },
      );
    },
  );
});
