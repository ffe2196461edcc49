import { describe, expect, it } from 'vitest';
import { checkFraming } from './check-framing.ts';

const length = (value: string): [string, string] => ['content-length', value];
const encoding = (value: string): [string, string] => ['transfer-encoding', value];

describe('checkFraming', () => {
  it('knows requests without a body', () => {
    expect(checkFraming([['a', 'b']])).toEqual({ kind: 'none' });
    expect(checkFraming([length('0')])).toEqual({ kind: 'none' });
  });

  it('knows both kinds of body', () => {
    expect(checkFraming([length('12')])).toEqual({ kind: 'length', lengthBytes: 12 });
    expect(checkFraming([encoding('Chunked')])).toEqual({ kind: 'chunked' });
  });

  it.each([
    ['two lengths', [length('3'), length('5')]],
    ['the same length twice', [length('3'), length('3')]],
    ['both framings', [length('3'), encoding('chunked')]],
    ['two encodings', [encoding('chunked'), encoding('chunked')]],
    ['an encoding before chunked', [encoding('gzip, chunked')]],
    ['another encoding', [encoding('identity')]],
    ['an empty encoding', [encoding('')]],
    ['an empty length', [length('')]],
    ['a signed length', [length('+3')]],
    ['a list of lengths', [length('3, 3')]],
    ['a hexadecimal length', [length('0x3')]],
    ['a length beyond exact numbers', [length('9'.repeat(16))]],
  ])('[REQ-4] refuses %s', (_, headers) => {
    expect(checkFraming(headers).kind).toBe('refused');
  });
});
