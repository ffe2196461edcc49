import { PROTOCOLS, TollgateError, type RequestId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { createConformanceChecker } from '../conformance/create-conformance-checker.ts';
import { createStreamMeter } from '../meters/create-stream-meter.ts';
import { pushCut } from '../testing/cut-bytes.ts';
import { createGeminiArrayErrorShape } from './gemini-array-error-shape.ts';
import { selectErrorShape } from './select-error-shape.ts';

const ID = 'req_1' as RequestId;
const ERROR = new TollgateError('overloaded', { message: 'a\n\n"b"\u0000\ud800' });

describe('errors in streams', () => {
  it.each(PROTOCOLS)(
    '[REQ-2] %s: its own meter reads ours, and its checker finds nothing wrong',
    (protocol) => {
      const bytes = Buffer.from(selectErrorShape(protocol).buildStreamEvent(ERROR, ID));
      const meter = createStreamMeter(protocol);
      const checker = createConformanceChecker(protocol);
      pushCut(meter, bytes, []);
      pushCut(checker, bytes, []);
      expect(meter.error).not.toBeNull();
      expect(meter.error?.message).toBe(ERROR.message);
      expect(checker.problems.filter(({ rule }) => rule !== 'order')).toEqual([]);
    },
  );

  it.each([
    ['first', false, ''],
    ['behind others', true, '[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}'],
  ])('[REQ-2] in a JSON array, %s: the array is whole', (_name, hasElements, before) => {
    const shape = createGeminiArrayErrorShape(() => hasElements);
    const bytes = Buffer.from(before + shape.buildStreamEvent(ERROR, ID));
    const checker = createConformanceChecker('gemini', { isArray: true });
    pushCut(checker, bytes, []);
    expect(checker.problems).toEqual([]);
    expect(JSON.parse(shape.buildBody(ERROR, ID))).toHaveLength(1);
  });
});
