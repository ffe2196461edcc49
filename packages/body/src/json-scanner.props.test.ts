import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFieldTable, scanObjectFields } from './scan-object-fields.ts';

/** The scanner agrees with JSON.parse on every byte string in UTF-8 whose top level could be an object. */
const TABLE = buildFieldTable(['a']);

function scannerAccepts(bytes: Buffer): boolean {
  return scanObjectFields(bytes, TABLE).ok;
}

function parserAccepts(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The input that the two judge differently, else null. At each alignment: the scanner reads words. */
function findDispute(text: string | Buffer): string | null {
  const bytes = Buffer.from(text);
  if (!isUtf8(bytes)) return null;
  const expected = parserAccepts(bytes);
  for (let lead = 0; lead < 4; lead += 1) {
    const padded = Buffer.concat([Buffer.alloc(lead, '"'), bytes, Buffer.from('"\\}')]);
    const view = padded.subarray(lead, lead + bytes.length);
    if (scannerAccepts(view) !== expected) return bytes.toString();
  }
  return null;
}

const json = fc.json({ stringUnit: 'binary' });
/** What lies near the grammar's edges. */
const visible =
  '{ } [ ] , : " \\ \\u \\ud800 \\u00e \\n \\x - + 0 01 1 . e E+ 1E400 -0 true null nul false é 😀 NaN Infinity // "a" "a": 1. .5';
const invisible = [' ', '\t', '\n', '\r', '\f', '\0', '\u001f', '\u007f', '\u00a0', '\u2028', '\ufeff'];
const shard = fc.constantFrom(...visible.split(' '), ...invisible);

describe('[REQ-4] the scanner accepts what JSON.parse accepts', () => {
  it('any JSON as a member', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(findDispute(`{"a":${text}}`)).toBeNull();
      }),
      { numRuns: 1500 },
    );
  });

  it('any JSON with one byte replaced, removed or put in', () => {
    const edits = fc.tuple(json, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 }), shard);
    fc.assert(
      fc.property(edits, ([text, position, byte, kind, inserted]) => {
        const bytes = Buffer.from(`{"k":[${text}],"a":"x\\n"}`);
        const at = position % bytes.length;
        const middle = [Buffer.from([byte]), Buffer.alloc(0), Buffer.from(inserted)][kind] ?? Buffer.alloc(0);
        expect(
          findDispute(
            Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + (kind === 2 ? 0 : 1))]),
          ),
        ).toBeNull();
      }),
      { numRuns: 4000 },
    );
  });

  it('any JSON cut anywhere', () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, cut) => {
        const bytes = Buffer.from(`{"a":${text}} `);
        expect(findDispute(bytes.subarray(0, cut % bytes.length))).toBeNull();
      }),
      { numRuns: 1500 },
    );
  });

  it('any heap of shards', () => {
    const heap = fc.array(shard, { maxLength: 12 }).map((shards) => shards.join(''));
    fc.assert(
      fc.property(heap, (text) => {
        expect(findDispute(`{"a":${text}}`)).toBeNull();
        expect(findDispute(`{"a":"${text}"}`)).toBeNull();
        expect(findDispute(text)).toBeNull();
      }),
      { numRuns: 4000 },
    );
  });

  it('each single byte in a string, after a backslash and as a value', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      for (const [before, after] of [
        ['{"a":"', '"}'],
        ['{"a":"\\', '"}'],
        ['{"a":', '}'],
        ['{"a":"\\u00', '0"}'],
      ]) {
        expect(
          findDispute(Buffer.concat([Buffer.from(before!), Buffer.from([byte]), Buffer.from(after!)])),
        ).toBeNull();
      }
    }
  });

  it.each([
    '-0',
    '0',
    '01',
    '1E400',
    '1e-400',
    '-',
    '1.',
    '.1',
    '1.0e+1',
    '1e',
    '0x1',
    '--1',
    '1_0',
    '00',
    '-01',
  ])('the number %s', (number) => {
    expect(findDispute(`{"a":${number}}`)).toBeNull();
  });
});
