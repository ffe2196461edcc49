import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineWriter, textBytesMax } from './line-writer.ts';

const bytes = Buffer.alloc(10_000);

/** null = unfit. What lies before the line must stay. */
function write(fill: (line: LineWriter) => void): string | null {
  const line = new LineWriter();
  bytes.fill(0xff);
  line.begin(bytes, 3);
  fill(line);
  const end = line.end();
  expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xff, 0xff]);
  return end < 0 ? null : bytes.toString('utf8', 3, end);
}

const EDGES = [0, 9, 10, 99, 2 ** 31 - 1, 10 ** 15 - 1, 10 ** 15, 2 ** 52, 2 ** 53 - 2, 2 ** 53 - 1];

describe('LineWriter', () => {
  it('[MON-1] writes every figure as it is', () => {
    const write1 = (value: number) => write((line) => line.count(value, Number.MAX_SAFE_INTEGER));
    for (const value of EDGES) expect(write1(value)).toBe(String(value));
    expect(write1(-0)).toBe('0');
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(53), (value, shift) => {
        const figure = Math.floor(value / 2 ** shift);
        expect(write1(figure)).toBe(String(figure));
      }),
    );
  });

  it('[MON-1] writes every amount up to its bound, and none beyond', () => {
    const max = 10n ** 18n;
    const write1 = (value: bigint) => write((line) => line.amount(value, max));
    for (const value of [...EDGES.map(BigInt), 2n ** 53n, 2n ** 53n + 1n, max - 1n, max])
      expect(write1(value)).toBe(String(value));
    for (const value of [-1n, max + 1n, 10n ** 30n]) expect(write1(value)).toBeNull();
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max }), (value) => {
        expect(write1(value)).toBe(String(value));
      }),
    );
  });

  it('[MON-1] writes every text that a line holds, and refuses the others', () => {
    const unit = fc.oneof(
      fc.nat(0xff),
      fc.nat(0xffff),
      fc.constantFrom(0x1f, 0x20, 0x5c, 0x7f, 0xd7ff, 0xe000),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 20 }), (units) => {
        const text = String.fromCharCode(...units);
        const isUnfit = units.some(
          (each) => each < 0x20 || each === 0x5c || (each >= 0xd800 && each < 0xe000),
        );
        const line = write((writer) => {
          writer.text('a');
          writer.text(text);
          writer.textOrNull(null);
        });
        expect(line).toBe(isUnfit ? null : `a\t${text}\t\\N`);
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses what is too long, and needs no more room than it says', () => {
    const wide = '中'.repeat(500);
    expect(write((line) => line.text(wide))).toBe(wide);
    expect(Buffer.byteLength(`${wide}\t`)).toBe(textBytesMax(500));
    expect(write((line) => line.text(`${wide}x`))).toBeNull();
    expect(write((line) => line.text('xyz', 2))).toBeNull();
  });

  it('forgets a line that was unfit when the next one begins', () => {
    const line = new LineWriter();
    line.begin(bytes, 0);
    line.refuse();
    line.text('good');
    expect(line.end()).toBe(-1);
    line.begin(bytes, 0);
    line.text('good');
    expect(line.end()).toBe(4);
  });
});
