import { ZERO_MEDIA, type MeteredUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recording } from '@tollgate/testkit';
import { pushCut } from '../testing/cut-bytes.ts';
import {
  listProtocolRecordings,
  mapExpectedUsage,
  RECORDED_PROTOCOLS,
} from '../testing/recorded-protocols.ts';
import { createStreamMeter, readJsonAnswer } from './create-stream-meter.ts';

/** How the oracle marks figures that should not be believed; what we make of them is in the tests of the folds. */
const isAmbiguous = ({ expected_usage: usage }: Recording): boolean => (usage?.ambiguous?.length ?? 0) > 0;

const COUNTS = { messages: [16, 20], chat: [11, 12], responses: [16, 17], gemini: [18, 19] } as const;

function expectUsage(metered: MeteredUsage | null, { expected_usage: expected }: Recording): void {
  if (expected === null) return expect(metered).toBeNull();
  expect(metered?.usage).toEqual(mapExpectedUsage(expected));
  const { audio_in, audio_out, image_in, image_out } = expected;
  const media = {
    ...ZERO_MEDIA,
    audioInputTokens: audio_in,
    audioOutputTokens: audio_out,
    imageInputTokens: image_in,
    imageOutputTokens: image_out,
  };
  expect(metered?.media ?? null).toEqual(audio_in + audio_out + image_in + image_out > 0 ? media : null);
}

describe.each(RECORDED_PROTOCOLS)('usage of recorded answers, %s', (protocol) => {
  const streams = listProtocolRecordings(protocol, 'stream');
  const answers = listProtocolRecordings(protocol, 'json');

  it('there are recordings to prove it with', () => {
    expect([streams.length, answers.length]).toEqual(COUNTS[protocol]);
  });

  for (const recording of streams) {
    it(`[MON-8] ${recording.file}, cut anywhere, gives the provider's own figures`, () => {
      const bytes = recording.readBytes();
      const whole = createStreamMeter(protocol);
      pushCut(whole, bytes, []);
      if (!isAmbiguous(recording)) expectUsage(whole.usage(), recording);
      expect(whole).toMatchObject({ isComplete: true, isFinished: true, isBroken: false, error: null });
      expect(whole.irregular).toBe(0);
      expect(whole.firstContentAt).not.toBeNull();
      const textChars = Number(recording.expected_result?.['text_chars'] ?? 0);
      expect(whole.outputBytes).toBeGreaterThanOrEqual(textChars);
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 60 }), (places) => {
          const meter = createStreamMeter(protocol);
          pushCut(meter, bytes, places);
          expect(meter.usage()).toEqual(whole.usage());
          expect(meter.firstContentAt).toBe(whole.firstContentAt);
          expect([meter.isComplete, meter.isBroken, meter.irregular]).toEqual([true, false, 0]);
          expect(meter.outputBytes).toBe(whole.outputBytes);
        }),
        { numRuns: 20 },
      );
    });

    it(`[MON-8] ${recording.file}, byte by byte`, () => {
      const bytes = recording.readBytes();
      const whole = createStreamMeter(protocol);
      pushCut(whole, bytes, []);
      const meter = createStreamMeter(protocol);
      pushCut(meter, bytes, [...bytes.keys()]);
      expect(meter.usage()).toEqual(whole.usage());
      expect(meter.isComplete).toBe(true);
    });
  }

  for (const recording of answers.filter((answer) => !isAmbiguous(answer))) {
    it(`[MON-8] ${recording.file} gives the provider's own figures`, () => {
      const answer = readJsonAnswer(protocol, recording.readBytes());
      expectUsage(answer?.metered ?? null, recording);
      expect(answer?.metered?.irregular ?? 0).toBe(0);
    });
  }
});
