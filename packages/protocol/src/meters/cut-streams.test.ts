import { describe, expect, it } from 'vitest';
import { pushCut } from '../testing/cut-bytes.ts';
import { listProtocolRecordings, RECORDED_PROTOCOLS } from '../testing/recorded-protocols.ts';
import { joinEvents, splitEvents } from '../testing/split-events.ts';
import { createStreamMeter } from './create-stream-meter.ts';
import type { ProtocolStreamMeter } from './stream-meter.ts';

type RecordedProtocol = (typeof RECORDED_PROTOCOLS)[number];

/** Several whole answers behind each other: the end of the first one is an end. */
const SEVERAL_ANSWERS = /anthropic-tool-search-(?:deferred|regex)|azure-reasoning-encrypted-content/u;

function meter(protocol: RecordedProtocol, bytes: Buffer): ProtocolStreamMeter {
  const created = createStreamMeter(protocol);
  pushCut(created, bytes, []);
  return created;
}

describe.each(RECORDED_PROTOCOLS)('a stream that is cut, %s', (protocol) => {
  const streams = listProtocolRecordings(protocol, 'stream').filter(
    ({ file }) => !SEVERAL_ANSWERS.test(file),
  );

  for (const recording of streams.filter(({ file }) => file.endsWith('.sse'))) {
    it(`[MON-8] ${recording.file}: no false end at any event`, () => {
      const events = splitEvents(recording.readBytes());
      // The closing of the connection is the end of chat streams without [DONE] that have said what they used.
      const isOwedNothing = (rest: string): boolean => protocol === 'chat' && rest.trim() === 'data: [DONE]';
      for (let count = 0; count < events.length; count += 1) {
        const metered = meter(protocol, joinEvents(events.slice(0, count)));
        const isWhole = isOwedNothing(events.slice(count).join('')) && metered.usage() !== null;
        expect(metered.isComplete, `${count} of ${events.length} events`).toBe(isWhole);
        expect(metered.irregular).toBe(0);
      }
    });
  }

  // Of chat the last event is [DONE], without which an answer may be whole.
  for (const recording of protocol === 'chat' ? [] : streams.filter(({ file }) => file.endsWith('.sse'))) {
    it(`[MON-8] ${recording.file}: no false end inside the last event`, () => {
      const events = splitEvents(recording.readBytes());
      const before = joinEvents(events.slice(0, -1)).length;
      const bytes = joinEvents(events);
      const end = bytes.lastIndexOf('}');
      for (let at = before; at < end; at += Math.max(1, Math.floor((end - before) / 50))) {
        expect(meter(protocol, bytes.subarray(0, at)).isComplete, `${at} of ${end} bytes`).toBe(false);
      }
    });
  }

  for (const recording of streams) {
    it.each([1, 25, 50, 75, 99])(`${recording.file}: no false end at %d %% of the bytes`, (percent) => {
      const bytes = recording.readBytes();
      const part = bytes.subarray(0, Math.floor((bytes.length * percent) / 100));
      const metered = meter(protocol, part);
      if (percent < 99) expect(metered.isComplete).toBe(false);
      expect(metered.isBroken && metered.hasContent).toBe(false);
      expect(metered.error).toBeNull();
    });
  }
});
