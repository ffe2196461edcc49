import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listProtocolRecordings } from '../testing/recorded-protocols.ts';
import { pushCut } from '../testing/cut-bytes.ts';
import { joinEvents, splitEvents } from '../testing/split-events.ts';
import { createResponsesGatherer } from './answer-gatherer.ts';
import { createResponsesStreamMeter } from './stream-meter.ts';
import { readResponsesJson } from './json-usage.ts';

const BYTES_MAX = 64 << 20;
/** Each cut plays the stream from its start. */
const EVENTS_MAX = 200;
const streams = listProtocolRecordings('responses', 'stream');

function play(bytes: Buffer, places: readonly number[] = []) {
  const [gatherer, meter] = [createResponsesGatherer(BYTES_MAX), createResponsesStreamMeter()];
  pushCut(gatherer, bytes, places);
  pushCut(meter, bytes, places);
  return { gatherer, meter };
}
const readUsage = (answer: Buffer | null) => readResponsesJson(answer ?? Buffer.of())?.metered?.usage ?? null;

describe('recorded streams, gathered', () => {
  it('there are some', () => expect(streams.length).toBeGreaterThan(10));

  it.each(streams.map((recording) => [recording.file, recording.readBytes()] as const))(
    '[MON-8] [API-3] %s: an answer where the meter sees an end, with the same usage',
    (_file, bytes) => {
      const { gatherer, meter } = play(bytes);
      expect([gatherer.answer !== null, gatherer.errorBody !== null]).toEqual([
        meter.isComplete,
        meter.error !== null,
      ]);
      if (meter.isComplete) expect(readUsage(gatherer.answer)).toEqual(meter.usage()?.usage ?? null);
    },
  );

  it.each(streams.map((recording) => [recording.file, recording.readBytes()] as const))(
    '[API-2] %s: the same bytes, whatever the cut',
    (_file, bytes) => {
      const whole = play(bytes).gatherer;
      const places = fc.array(fc.nat(), { maxLength: 20 });
      fc.assert(
        fc.property(places, (cuts) => {
          const { gatherer } = play(bytes, cuts);
          expect(gatherer.answer?.toString('latin1')).toBe(whole.answer?.toString('latin1'));
          expect(gatherer.errorBody?.toString()).toBe(whole.errorBody?.toString());
        }),
        { numRuns: 10 },
      );
    },
  );

  it('[SEL-5] cut at every event, an answer comes only with its end', () => {
    for (const stream of streams) {
      const events = splitEvents(stream.readBytes());
      if (events.length > EVENTS_MAX) continue;
      for (let count = 0; count < events.length; count += 1) {
        const { gatherer, meter } = play(joinEvents(events.slice(0, count)));
        expect(gatherer.answer !== null || gatherer.errorBody !== null).toBe(
          meter.isComplete || meter.error !== null,
        );
      }
    }
  });
});
