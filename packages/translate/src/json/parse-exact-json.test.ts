import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from './parse-exact-json.ts';

describe('parseExactJson', () => {
  it('gives what JSON.parse gives where numbers fit', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseExactJson(text))).toBe(text);
      }),
    );
  });

  it.each(['9007199254740993', '-12345678901234567890', '1e999', '0.1234567890123456789', '1E-400'])(
    'writes %s as it was read',
    (number) => {
      const text = `{"a":[${number},1],"b":"${number}"}`;
      expect(JSON.stringify(parseExactJson(text))).toBe(text);
    },
  );

  it.each(['', '{', '{"a":1}}', 'undefined', '\u0000', '{"a":01}'])('%j is no JSON', (text) => {
    expect(parseExactJson(text)).toBeUndefined();
  });

  it('numbers that fit are numbers beside those that do not', () => {
    expect(parseExactJson('{"a":9007199254740993,"b":7}')).toMatchObject({ b: 7 });
  });
});
