import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
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

/** Also at each alignment inside a larger buffer: the scanner reads words. */
function expectAgreement(text: string | Buffer): void {
  const bytes = Buffer.from(text);
  if (!isUtf8(bytes)) return;
  const expected = parserAccepts(bytes);
  for (let lead = 0; lead < 4; lead += 1) {
    const padded = Buffer.concat([Buffer.alloc(lead, '"'), bytes, Buffer.from('"\\}')]);
    const view = padded.subarray(lead, lead + bytes.length);
    expect([scannerAccepts(view), bytes.toString()]).toEqual([expected, bytes.toString()]);
  }
}

const json = fc.json({ stringUnit: 'binary' });
/** What lies near the grammar's edges. */
const shard = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u',
    '\\ud800',
    '\\u00e',
    '\\n',
    '\\x',
    '-',
    '+',
    '0',
    '01',
    '1',
  ],
  ...[
    '.',
    'e',
    'E+',
    '1E400',
    '-0',
    'true',
    'null',
    'nul',
    'false',
    ' ',
    '\t',
    '\n',
    '\r',
    '\f',
    '\0',
    '\u007f',
  ],
  ...[
    'é',
    '😀',
    '\u2028',
    '\u00a0',
    'NaN',
    'Infinity',
    '//',
    "'",
    '"a"',
    '"a":',
    '1.',
    '.5',
    '\u001f',
    '\ufeff',
  ],
);

describe('[REQ-4] the scanner accepts what JSON.parse accepts', () => {
  it('any JSON as a member', () => {
    fc.assert(
      fc.property(json, (text) => expectAgreement(`{"a":${text}}`)),
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
        expectAgreement(
          Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + (kind === 2 ? 0 : 1))]),
        );
      }),
      { numRuns: 4000 },
    );
  });

  it('any JSON cut anywhere', () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, cut) => {
        const bytes = Buffer.from(`{"a":${text}} `);
        expectAgreement(bytes.subarray(0, cut % bytes.length));
      }),
      { numRuns: 1500 },
    );
  });

  it('any heap of shards', () => {
    const heap = fc.array(shard, { maxLength: 12 }).map((shards) => shards.join(''));
    fc.assert(
      fc.property(heap, (text) => {
        expectAgreement(`{"a":${text}}`);
        expectAgreement(`{"a":"${text}"}`);
        expectAgreement(text);
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
        expectAgreement(Buffer.concat([Buffer.from(before!), Buffer.from([byte]), Buffer.from(after!)]));
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
  ])('the number %s', (number) => expectAgreement(`{"a":${number}}`));
});
