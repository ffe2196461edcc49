import { createHash } from 'node:crypto';
import { createConformanceChecker, createStreamMeter } from '@tollgate/protocol';
import type { Recording } from '@tollgate/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import {
  foldUsage,
  isAmbiguous,
  listRecordedAnswers,
  readExpectedAnswer,
  readExpectedUsage,
} from './testing/recorded-answers.ts';
import { buildOptions, collectStream, cutBytes, translateStream } from './testing/translate-stream.ts';

/** The upstream began again inside a tool call, which no client can take back: an error, not a success. */
const BROKEN = new Set(['anthropic/stream/spliced-message-start.sse']);

/** Two answers in one stream: of these the oracle keeps the last, and our client gets both. */
const DOUBLE = 'openai/stream/responses.azure-reasoning-encrypted-content.1.sse';

const isDouble = (recording: Recording): boolean => isAmbiguous(recording) || recording.file === DOUBLE;
const isWhole = ({ file }: Recording): boolean => !BROKEN.has(file);

function listProblems(protocol: WireProtocol, bytes: Buffer): unknown {
  const checker = createConformanceChecker(protocol, { includesUsage: true });
  checker.push(bytes);
  checker.end();
  return checker.problems;
}

function readMeter(protocol: WireProtocol, bytes: Buffer): ReturnType<typeof createStreamMeter> {
  const meter = createStreamMeter(protocol);
  meter.push(bytes);
  meter.end();
  return meter;
}

function expectAnswer(protocol: WireProtocol, bytes: Buffer, recording: Recording): void {
  const expected = readExpectedAnswer(recording);
  const read = collectStream(protocol, bytes);
  expect(read.problems).toEqual([]);
  const text = [...read.text]
    .slice(expected.textChars === 0 ? read.text.length : -expected.textChars)
    .join('');
  const hash = createHash('sha256').update(text).digest('hex');
  expect(hash.slice(0, expected.textSha256Start.length)).toBe(expected.textSha256Start);
  if (!isDouble(recording)) expect([...read.text]).toHaveLength(expected.textChars);
  const whole = expected.calls.filter(({ isPartial }) => !isPartial);
  if (whole.length < expected.calls.length) return;
  const calls = isDouble(recording) ? read.calls.slice(read.calls.length - whole.length) : read.calls;
  expect(calls.map((call) => [call.name, JSON.parse(call.arguments || '{}')])).toEqual(
    whole.map((call) => [call.name, call.arguments]),
  );
  expect(calls.map(({ id }, index) => (whole[index]?.id === null ? null : id))).toEqual(
    whole.map(({ id }) => id),
  );
}

/** Behind each event, and at 25, 50 and 75 % of the bytes. */
function listCuts(bytes: Buffer): number[] {
  const text = bytes.toString('latin1');
  const ends = [...text.matchAll(/\r?\n\r?\n|\n,\r\n/gu)].map(({ index, 0: blank }) => index + blank.length);
  return [...ends, ...[0.25, 0.5, 0.75].map((share) => Math.floor(bytes.length * share))];
}

for (const from of WIRE_PROTOCOLS) {
  const recordings = listRecordedAnswers(from, 'stream');

  describe.each(WIRE_PROTOCOLS.filter((to) => to !== from))(`recorded streams, ${from} → %s`, (to) => {
    it('there are recordings to prove it with', () => {
      expect(recordings.length).toBeGreaterThan(10);
    });

    it.each(recordings.filter(isWhole))('[API-3] $file: conforming, same words and calls', (recording) => {
      const { bytes, isComplete } = translateStream([recording.readBytes()], buildOptions(from, to));
      expect(isComplete).toBe(true);
      expect(listProblems(to, bytes)).toEqual([]);
      expectAnswer(to, bytes, recording);
    });

    it.each(recordings.filter((one) => isWhole(one) && !isAmbiguous(one)))(
      '[MON-8] $file: same usage',
      (recording) => {
        const { bytes } = translateStream([recording.readBytes()], buildOptions(from, to));
        const usage = readExpectedUsage(recording);
        const read = readMeter(to, bytes).usage();
        expect(usage === null || read?.usage).toEqual(usage === null || foldUsage(usage, to));
      },
    );

    it.each(recordings)('$file: any cut of the bytes gives the same', (recording) => {
      const bytes = recording.readBytes();
      const whole = translateStream([bytes], buildOptions(from, to));
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 40 }), (places) => {
          const cut = translateStream(cutBytes(bytes, places), buildOptions(from, to));
          expect(cut.bytes.equals(whole.bytes)).toBe(true);
          expect(cut.isComplete).toBe(whole.isComplete);
        }),
        { numRuns: 8 },
      );
    });

    const single = recordings.filter(({ file }) => file !== DOUBLE);
    it.each(single)('$file: cut behind any event, there is no false success', (recording) => {
      const bytes = recording.readBytes();
      const ends = listCuts(bytes);
      expect(ends.length).toBeGreaterThan(2);
      for (const end of ends) {
        const cut = translateStream([bytes.subarray(0, end)], buildOptions(from, to));
        const meter = readMeter(from, bytes.subarray(0, end));
        if (!meter.isComplete) expect([end, cut.isComplete]).toEqual([end, false]);
        if (!cut.isComplete && to !== 'gemini') expect(readMeter(to, cut.bytes).isComplete).toBe(false);
      }
    });
  });
}
