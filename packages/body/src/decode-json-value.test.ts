import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJsonScalar, decodeJsonString } from './decode-json-value.ts';

const whole = (body: Buffer): { start: number; end: number } => ({ start: 0, end: body.length });

describe('decodeJsonString, decodeJsonScalar', () => {
  it('decode every string like JSON.parse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const body = Buffer.from(JSON.stringify(text));
        expect(decodeJsonString(body, whole(body), 9999)).toBe(text);
        expect(decodeJsonScalar(body, whole(body))).toBeUndefined();
      }),
    );
  });

  it.each([
    '0',
    '7',
    '123456789012345',
    '1234567890123456',
    '9007199254740993',
    '-0',
    '-5',
    '1e3',
    '1.50',
    '1E400',
  ])('decode the number %s like JSON.parse', (text) => {
    const body = Buffer.from(text);
    expect(decodeJsonScalar(body, whole(body))).toBe(JSON.parse(text));
  });

  it.each([
    ['true', true],
    ['false', false],
    ['null', null],
    ['[]', undefined],
    ['{}', undefined],
  ])('decode %s', (text, value) => {
    const body = Buffer.from(text);
    expect(decodeJsonScalar(body, whole(body))).toBe(value);
    expect(decodeJsonString(body, whole(body), 9999)).toBeNull();
  });

  it('a string longer than the bound is not decoded', () => {
    const body = Buffer.from('"12345"');
    expect(decodeJsonString(body, whole(body), 7)).toBe('12345');
    expect(decodeJsonString(body, whole(body), 6)).toBeNull();
  });
});
