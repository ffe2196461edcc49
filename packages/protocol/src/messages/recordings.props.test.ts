import { listRecordings, type ExpectedUsage } from '@tollgate/testkit';
import type { TokenUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessagesJsonUsage } from './json-usage.ts';
import { createMessagesStreamMeter, type MessagesStreamMeter } from './stream-meter.ts';

function mapExpected(expected: ExpectedUsage): TokenUsage {
  return {
    inputTokens: expected.input_uncached,
    cacheReadTokens: expected.cache_read,
    cacheWrite5mTokens: expected.cache_write_5m,
    cacheWrite1hTokens: expected.cache_write_1h,
    outputTokens: expected.output_total,
    reasoningTokens: expected.reasoning,
    toolPromptTokens: expected.tool_prompt,
    webSearchRequests: expected.web_search_requests,
  };
}

/** The same bytes cut at the given places, each chunk spoilt after the push as a reused read buffer would be. */
function meterCut(bytes: Buffer, places: number[]): MessagesStreamMeter {
  const meter = createMessagesStreamMeter();
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  borders.sort((a, b) => a - b);
  for (let index = 1; index < borders.length; index += 1) {
    const chunk = Buffer.from(bytes.subarray(borders[index - 1], borders[index]));
    meter.push(chunk);
    chunk.fill(0x0a);
  }
  meter.end();
  return meter;
}

const streams = listRecordings({ protocol: 'anthropic.messages', kind: 'stream' });
const answers = listRecordings({ protocol: 'anthropic.messages', kind: 'json' });

describe('Messages usage of recorded answers', () => {
  it('there are recordings to prove it with', () => {
    expect(streams.length).toBe(16);
    expect(answers.length).toBe(20);
  });

  for (const recording of streams) {
    it(`[MON-8] ${recording.file}, cut anywhere, gives the provider's own figures`, () => {
      const bytes = recording.readBytes();
      const expected = recording.expected_usage;
      if (expected === null) throw new Error('the recording has no expected usage');
      const contentAt = bytes.indexOf('event: content_block_start');
      const whole = meterCut(bytes, []);
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 60 }), (places) => {
          const meter = meterCut(bytes, places);
          expect(meter.usage()?.usage).toEqual(mapExpected(expected));
          expect(meter.firstContentAt).toBe(contentAt === -1 ? meter.firstContentAt : contentAt);
          expect(meter.isComplete).toBe(true);
          expect(meter.isBroken).toBe(false);
          expect(meter.irregular).toBe(0);
          expect(meter.outputBytes).toBe(whole.outputBytes);
        }),
        { numRuns: 40 },
      );
    });

    it(`[MON-8] ${recording.file}, byte by byte, gives the provider's own figures`, () => {
      const bytes = recording.readBytes();
      const meter = meterCut(bytes, [...bytes.keys()]);
      expect(meter.usage()).toEqual(meterCut(bytes, []).usage());
      expect(meter.usage()?.usage).toEqual(mapExpected(recording.expected_usage!));
    });
  }

  for (const recording of answers) {
    it(`[MON-8] ${recording.file} gives the provider's own figures`, () => {
      const metered = readMessagesJsonUsage(recording.readBytes());
      expect(metered?.usage).toEqual(mapExpected(recording.expected_usage!));
      expect(metered?.irregular).toBe(0);
      const outside = (recording.expected_usage?.iterations ?? []).filter(({ type }) => type !== 'message');
      expect(
        metered?.extra.map(({ kind, model, usage }) => ({
          type: kind,
          model,
          input: usage.inputTokens,
          output: usage.outputTokens,
          cache_read: usage.cacheReadTokens,
          cache_write: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
        })),
      ).toEqual(outside);
    });
  }
});
