import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recording } from '@tollgate/testkit';
import { pushCut } from '../testing/cut-bytes.ts';
import { listProtocolRecordings, RECORDED_PROTOCOLS } from '../testing/recorded-protocols.ts';
import { joinEvents, splitEvents } from '../testing/split-events.ts';
import type { ConformanceProblem } from './checker.ts';
import { createConformanceChecker } from './create-conformance-checker.ts';

/** Several answers behind each other, or an answer that begins anew: so recorded, or so put together. */
const SEVERAL_ANSWERS =
  /anthropic-tool-search-(?:deferred|regex)|spliced-message-start|azure-reasoning-encrypted-content/u;

/** Files whose last blank line was lost when they were written down. */
const TRIMMED = /sdk\.(?:fallback_credit|refusal)_response/u;

type RecordedProtocol = (typeof RECORDED_PROTOCOLS)[number];

function check(
  protocol: RecordedProtocol,
  { file, expected_usage: usage }: Recording,
  bytes: Buffer,
  places: number[] = [],
): readonly ConformanceProblem[] {
  const checker = createConformanceChecker(protocol, {
    allowsSecondAnswer: SEVERAL_ANSWERS.test(file),
    includesUsage: usage !== null,
    isArray: file.endsWith('.stream.json'),
  });
  pushCut(checker, bytes, places);
  return checker.problems;
}

function restoreEnd(recording: Recording): Buffer {
  const bytes = recording.readBytes();
  return TRIMMED.test(recording.file) ? Buffer.concat([bytes, Buffer.from('\n\n')]) : bytes;
}

describe.each(RECORDED_PROTOCOLS)('conformance of recorded streams, %s', (protocol) => {
  const streams = listProtocolRecordings(protocol, 'stream');

  for (const recording of streams) {
    it(`${recording.file} is clean, cut anywhere`, () => {
      const bytes = restoreEnd(recording);
      expect(check(protocol, recording, bytes)).toEqual([]);
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 20 }), (places) => {
          expect(check(protocol, recording, bytes, places)).toEqual([]);
        }),
        { numRuns: 5 },
      );
    });
  }

  const whole = streams.filter(({ file }) => !SEVERAL_ANSWERS.test(file) && file.endsWith('.sse'));

  for (const recording of whole) {
    it(`${recording.file} is not clean when cut at any event`, () => {
      const events = splitEvents(restoreEnd(recording));
      for (let count = 0; count < events.length; count += 1) {
        expect(check(protocol, recording, joinEvents(events.slice(0, count))), `${count} events`).not.toEqual(
          [],
        );
      }
    });

    it(`${recording.file} is not clean with an event dropped, doubled or swapped`, () => {
      const events = splitEvents(restoreEnd(recording));
      const structural = [...events.keys()].filter((index) => isStructural(protocol, events, index));
      fc.assert(
        fc.property(fc.constantFrom(...structural), fc.constantFrom(...MUTATIONS), (index, mutate) => {
          const mutated = mutate(events, index);
          // Pings may stand anywhere.
          fc.pre(joinWithoutPings(mutated) !== joinWithoutPings(events));
          expect(check(protocol, recording, joinEvents(mutated))).not.toEqual([]);
        }),
        { numRuns: 60 },
      );
    });
  }
});

/** Text of any dialect, and OpenRouter's finish, which comes a second time with the usage. */
const HAS_TEXT = /"(?:reasoning_)?content":(?:"[^"]|\[)|"native_finish_reason":"completed"\}\]\}/u;

const drop = (events: string[], index: number): string[] => events.toSpliced(index, 1);
const double = (events: string[], index: number): string[] => events.toSpliced(index, 0, events[index] ?? '');
/** With the next one; the last one with the one before. */
function swap(events: string[], index: number): string[] {
  const first = Math.min(index, events.length - 2);
  return events.toSpliced(first, 2, events[first + 1] ?? '', events[first] ?? '');
}
const joinWithoutPings = (events: string[]): string =>
  events.filter((event) => !event.startsWith('event: ping') && !event.startsWith(':')).join('');
const MUTATIONS = [drop, double, swap];

/**
 * Events whose loss the protocol itself can show. A text delta that is gone, or came twice, leaves a legal stream in
 * protocols that neither number their events nor repeat the whole.
 */
function isStructural(protocol: RecordedProtocol, events: string[], index: number): boolean {
  const event = events[index] ?? '';
  const isNumbered = event.includes('"sequence_number"');
  switch (protocol) {
    case 'messages':
      return !/^event: (?:ping|content_block_delta)/u.test(event);
    case 'chat':
      return /"finish_reason":\s*"|\[DONE\]|"usage":\{|"role"|"name"/u.test(event) && !HAS_TEXT.test(event);
    case 'responses':
      return isNumbered || !event.startsWith('event: response.in_progress');
    case 'gemini':
      return index === events.length - 1;
  }
}
