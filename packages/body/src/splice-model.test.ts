import { describe, expect, it } from 'vitest';
import { isModelSpliceNeeded, spliceModel } from './splice-model.ts';

describe('[API-2] spliceModel', () => {
  it('encodes the new name as JSON and keeps every other byte', () => {
    const body = Buffer.from('{ "model" : "a" , "x":"\\u00e9 é", "n": -0 }');
    expect(spliceModel(body, [{ start: 12, end: 15 }], 'q"\n').toString()).toBe(
      '{ "model" : "q\\"\\n" , "x":"\\u00e9 é", "n": -0 }',
    );
    expect(body.toString()).toContain('"a"');
  });

  it('without ranges it is a copy', () => {
    const body = Buffer.from('{}');
    expect(spliceModel(body, [], 'm')).toEqual(body);
  });

  it('is needed for another name, and for a repeated key even with the same name', () => {
    const range = { start: 0, end: 3 };
    expect(isModelSpliceNeeded({ model: 'a', modelRanges: [range] }, 'a')).toBe(false);
    expect(isModelSpliceNeeded({ model: 'a', modelRanges: [range] }, 'b')).toBe(true);
    expect(isModelSpliceNeeded({ model: 'a', modelRanges: [range, range] }, 'a')).toBe(true);
  });
});
