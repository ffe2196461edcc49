import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvError, parseCsv } from './parse-csv.ts';

describe('parseCsv', () => {
  it.each([
    ['', []],
    [
      'a,b\r\n1,2\r\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'a\n\n\nb',
      [
        [1, 'a'],
        [4, 'b'],
      ],
    ],
    ['\uFEFFa,b', [[1, 'a', 'b']]],
    [
      '"a,b","say ""hi""","two\r\nlines"\nnext',
      [
        [1, 'a,b', 'say "hi"', 'two\r\nlines'],
        [3, 'next'],
      ],
    ],
    ['a,', [[1, 'a', '']]],
    [',', [[1, '', '']]],
    [
      'a\rb',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['""', []],
  ])('[CTL-3] %j', (text, records) => {
    expect(parseCsv(text).map(({ line, fields }) => [line as unknown].concat(fields))).toEqual(records);
  });

  it.each([
    ['a\n"b', 2],
    ['a\nb"c', 2],
    ['"a"b', 1],
    ['"a\n""', 1],
  ])('[CTL-3] %j is broken in line %i', (text, line) => {
    expect(() => parseCsv(text)).toThrow(CsvError);
    expect(() => parseCsv(text)).toThrow(expect.objectContaining({ line }));
  });

  it('[CTL-3] reads back whatever is quoted', () => {
    const record = fc.array(fc.string(), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const text = records
          .map((fields) => fields.map((one) => `"${one.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        expect(parseCsv(text).map(({ fields }) => fields)).toEqual(records);
      }),
    );
  });

  it('a giant line of garbage is read or refused in no time', () => {
    expect(() => parseCsv(`${'"",'.repeat(300_000)}"`)).toThrow(CsvError);
    expect(parseCsv('a'.repeat(2_000_000))).toHaveLength(1);
  });
});
