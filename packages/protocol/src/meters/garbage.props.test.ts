import { PROTOCOLS } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConformanceChecker } from '../conformance/create-conformance-checker.ts';
import { readUpstreamError } from '../errors/read-upstream-error.ts';
import { pushCut } from '../testing/cut-bytes.ts';
import { createStreamMeter, readJsonAnswer } from './create-stream-meter.ts';

/** Values that break careless readers: lone surrogates, NUL, numbers beyond 2^53, wrong types, deep nesting. */
const ODD_VALUES = [
  '"\\ud800"',
  '"\\u0000"',
  '9007199254740993',
  '1e400',
  '-1',
  '1.5',
  '"7"',
  'true',
  'null',
  '[]',
  '{}',
  `${'['.repeat(600)}${']'.repeat(600)}`,
];
const KEYS = [
  'type',
  'usage',
  'choices',
  'delta',
  'index',
  'finish_reason',
  'response',
  'output',
  'candidates',
  'content',
  'parts',
  'usageMetadata',
  'promptTokenCount',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'input_tokens',
  'error',
  'message',
  'item',
  'tool_calls',
  'sequence_number',
];
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(...ODD_VALUES),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('json')), { maxLength: 5 })
      .map((members) => `{${members.map(([key, value]) => `"${key}":${String(value)}`).join(',')}}`),
  ),
}));
const NAMES = [
  '',
  'error',
  'message_start',
  'message_delta',
  'response.created',
  'response.completed',
  'response.failed',
  'response.output_item.done',
  'response.output_text.delta',
];
const event = fc.oneof(
  fc
    .tuple(fc.constantFrom(...NAMES), json)
    .map(([name, data]) => `${name === '' ? '' : `event: ${name}\n`}data: ${String(data)}\n\n`),
  json.map((data) => `${String(data)}\n`),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const isErrorStatus = (status: number): boolean => status >= 400 && status < 600;
const places = fc.array(fc.nat(), { maxLength: 10 });

describe.each(PROTOCOLS)('garbage, %s', (protocol) => {
  it('[MON-8] no event throws, and the cut does not change what is read', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), places, (events, cuts) => {
        const bytes = Buffer.from(events.join(''));
        const [whole, cut] = [createStreamMeter(protocol), createStreamMeter(protocol)];
        pushCut(whole, bytes, []);
        pushCut(cut, bytes, cuts);
        const read = (meter: typeof whole): unknown => [
          meter.usage(),
          meter.error,
          meter.isComplete,
          meter.isBroken,
          meter.firstContentAt,
          meter.irregular,
          meter.outputBytes,
        ];
        expect(read(cut)).toEqual(read(whole));
        for (const count of Object.values(whole.usage()?.usage ?? {})) {
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('random bytes throw nowhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), places, (bytes, cuts) => {
        const meter = createStreamMeter(protocol);
        pushCut(meter, Buffer.from(bytes), cuts);
        expect(meter.isComplete).toBe(false);
        pushCut(createConformanceChecker(protocol), Buffer.from(bytes), cuts);
        const checker = createConformanceChecker(protocol, { isArray: true });
        pushCut(checker, Buffer.from(bytes), cuts);
        expect(checker.problems).not.toEqual([]);
      }),
    );
  });

  it('a checker does not throw on odd events, and finds them', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (events) => {
        const checker = createConformanceChecker(protocol);
        pushCut(checker, Buffer.from(events.join('')), []);
        expect(checker.problems.length).toBeLessThanOrEqual(32);
      }),
    );
  });

  it('odd answers and errors throw nowhere', () => {
    fc.assert(
      fc.property(json, (text) => {
        const body = Buffer.from(String(text));
        const { usage } = readJsonAnswer(protocol, body)?.metered ?? {};
        for (const count of Object.values(usage ?? {})) expect(Number.isSafeInteger(count)).toBe(true);
        expect(readUpstreamError(protocol, body, 429)?.status ?? 429).toSatisfy(isErrorStatus);
        expect(readUpstreamError(protocol, body, null)?.status ?? 500).toSatisfy(isErrorStatus);
      }),
      { numRuns: 300 },
    );
  });

  it('a line that never ends takes no more memory than its limit, and is no stream', () => {
    const meter = createStreamMeter(protocol);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let count = 0; count < 64; count += 1) meter.push(chunk);
    meter.end();
    expect(meter).toMatchObject({ isBroken: true, isComplete: false, hasContent: false });
  });
});
