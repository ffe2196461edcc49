import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { RecordEncoder } from './record-encoder.ts';
import { RECORD_CLOSE, RECORD_OPEN } from './record-types.ts';
import { readPayload, scanRecords } from './scan-records.ts';

const PAYLOADS = ['[1,"a"]', 'é'.repeat(40), '', '[1,"last"]'];

function encodeAll(payloads: readonly string[]): { bytes: Buffer; ends: number[] } {
  const encoder = new RecordEncoder();
  const ends: number[] = [];
  const parts = payloads.map((payload, index) => {
    const length = encoder.encode(index % 2 === 0 ? RECORD_OPEN : RECORD_CLOSE, payload);
    ends.push(length + (ends.at(-1) ?? 0));
    return Buffer.from(encoder.buffer.subarray(0, length));
  });
  return { bytes: Buffer.concat(parts), ends };
}

function readAll(bytes: Buffer, final = true) {
  const found: string[] = [];
  const result = scanRecords(bytes, final, (record) => void found.push(readPayload(bytes, record)));
  return { found, ...result };
}

describe('scanning records', () => {
  it('[MON-6] finds the whole records before a cut at every byte', () => {
    const { bytes, ends } = encodeAll(PAYLOADS);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const whole = ends.filter((end) => end <= cut).length;
      const { found, consumedBytes, tornBytes, damagedBytes } = readAll(bytes.subarray(0, cut));
      expect(found).toEqual(PAYLOADS.slice(0, whole));
      expect({ consumedBytes, damagedBytes }).toEqual({ consumedBytes: cut, damagedBytes: 0 });
      expect(tornBytes).toBe(cut - (ends[whole - 1] ?? 0));
    }
  });

  it('waits at an incomplete record when more bytes may follow, whatever the split', () => {
    const { bytes, ends } = encodeAll(PAYLOADS);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const first = readAll(bytes.subarray(0, cut), false);
      expect(first.consumedBytes).toBe(ends.findLast((end) => end <= cut) ?? 0);
      const rest = readAll(bytes.subarray(first.consumedBytes));
      expect([...first.found, ...rest.found]).toEqual(PAYLOADS);
    }
  });

  it('[MON-6] loses only what a flipped bit touches, and never yields a wrong record', () => {
    const { bytes, ends } = encodeAll(PAYLOADS);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const broken = Buffer.from(bytes);
      broken[bit >> 3]! ^= 1 << (bit & 7);
      const hit = ends.findIndex((end) => bit >> 3 < end);
      expect(readAll(broken).found).toEqual(PAYLOADS.filter((_, index) => index !== hit));
    }
  });

  it('stops where the visitor says so, behind that record', () => {
    const { bytes, ends } = encodeAll(PAYLOADS);
    expect(scanRecords(bytes, true, () => false).consumedBytes).toBe(ends[0]);
  });

  it('grows its buffer for a giant payload and refuses one beyond 16 MiB', () => {
    const giant = 'x'.repeat(3_000_000);
    expect(readAll(encodeAll([giant, 'after']).bytes).found).toEqual([giant, 'after']);
    expect(() => new RecordEncoder().encode(RECORD_CLOSE, 'x'.repeat(16 * 1024 * 1024 + 1))).toThrow(
      RangeError,
    );
  });

  it('survives any bytes, and finds a whole record among them', () => {
    const { bytes } = encodeAll(['[1,"here"]']);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (before, after) => {
        const { found, consumedBytes } = readAll(Buffer.concat([before, bytes, after]));
        expect(found).toContain('[1,"here"]');
        expect(consumedBytes).toBe(before.length + bytes.length + after.length);
      }),
    );
  });
});
