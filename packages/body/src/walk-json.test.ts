import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonScanner } from './json-scanner.ts';
import { buildFieldTable } from './scan-object-fields.ts';
import { walkArray, walkObject } from './walk-json.ts';

function readElements(
  text: string,
  stopAfter = Number.POSITIVE_INFINITY,
): { values: unknown[]; end: number } {
  const body = Buffer.from(text);
  const scanner = new JsonScanner(body);
  const values: unknown[] = [];
  const end = walkArray(scanner, body, 0, (at) => {
    const valueEnd = scanner.skipValue(at, 1);
    values.push(JSON.parse(body.toString('utf8', at, valueEnd)));
    return values.length >= stopAfter ? -1 : valueEnd;
  });
  return { values, end };
}

describe('walkArray, walkObject', () => {
  it('visit every element of any array, with any white space', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (array, space) => {
        const text = JSON.stringify(array, null, space);
        expect(readElements(`${text} `)).toEqual({ values: JSON.parse(text), end: Buffer.byteLength(text) });
      }),
    );
  });

  it('end where the visit says so', () => {
    expect(readElements('[1,2,3]', 2)).toEqual({ values: [1, 2], end: -1 });
  });

  it('visit the named members, repeats too, and skip the others', () => {
    const body = Buffer.from('{ "a" : [1] , "x":{"a":9},"\\u0061":2,"b":{"b":3} }tail');
    const scanner = new JsonScanner(body);
    const seen: string[] = [];
    const end = walkObject(scanner, body, 0, buildFieldTable(['a', 'b']), (field, at) => {
      const valueEnd = scanner.skipValue(at, 1);
      seen.push(`${field} ${body.toString('utf8', at, valueEnd)}`);
      return valueEnd;
    });
    expect(seen).toEqual(['0 [1]', '0 2', '1 {"b":3}']);
    expect(body.toString('utf8', end)).toBe('tail');
  });

  it('end at what is no JSON, should a body come that was not scanned', () => {
    const table = buildFieldTable(['a']);
    for (const text of ['{"a"', '{"a":', '{"a":1', '{x', '{"a" 1}', '{"b":]}']) {
      const scanner = new JsonScanner(Buffer.from(text));
      const visit = (_: number, at: number): number => scanner.skipValue(at, 1);
      expect(walkObject(scanner, Buffer.from(text), 0, table, visit)).toBeLessThan(0);
    }
    const scanner = new JsonScanner(Buffer.from('[1'));
    expect(walkArray(scanner, Buffer.from('[1'), 0, (at) => scanner.skipValue(at, 1))).toBeLessThan(0);
  });
});
