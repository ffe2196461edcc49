import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyDecoder, RespProtocolError } from './decode-reply.ts';
import { RespError, type RespValue } from './reply.ts';

const line = fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, '.'));
const { value } = fc.letrec<{ value: RespValue; leaf: RespValue; list: RespValue[] }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('list')),
  leaf: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.maxSafeInteger(),
    fc.constant(null),
    line.map((text) => new RespError(text)),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
}));
const values = fc.array(value, { minLength: 1, maxLength: 6 });
const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 60 });

function encode(reply: RespValue): string {
  if (reply === null) return '$-1\r\n';
  if (reply instanceof RespError) return `-${reply.message}\r\n`;
  if (Array.isArray(reply)) return `*${reply.length}\r\n${reply.map(encode).join('')}`;
  if (typeof reply === 'number') return `:${reply}\r\n`;
  return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
}

/** Feeds pieces of the given sizes, in turns, each in memory that is overwritten afterwards, as a socket does. */
function decodeInPieces(bytes: Buffer, sizes: readonly number[]): RespValue[] {
  const decoder = new ReplyDecoder();
  const replies: RespValue[] = [];
  const shared = Buffer.alloc(bytes.length);
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = turn < sizes.length ? (sizes[turn] ?? 0) : bytes.length - at;
    const length = bytes.copy(shared, 0, at, at + size);
    decoder.decode(shared.subarray(0, length), replies);
    shared.fill('!');
    at += length;
  }
  return replies;
}

describe('replies in pieces', () => {
  it('any split of the same bytes gives the same replies', () => {
    fc.assert(
      fc.property(values, cuts, (given, sizes) => {
        const bytes = Buffer.from(given.map(encode).join(''));
        expect(decodeInPieces(bytes, sizes)).toEqual(given);
      }),
      { numRuns: 1_000 },
    );
  });

  it('one byte at a time gives the same replies', () => {
    fc.assert(
      fc.property(values, (given) => {
        const bytes = Buffer.from(given.map(encode).join(''));
        expect(
          decodeInPieces(
            bytes,
            Array.from(bytes, () => 1),
          ),
        ).toEqual(given);
      }),
    );
  });

  it('garbage is refused or waits for more: nothing else is ever thrown, in whatever pieces it comes', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .string({ unit: fc.constantFrom(...'+-:$*\r\n0129'), maxLength: 60 })
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(garbage, cuts, (bytes, sizes) => {
        const whole = attempt(() => decodeInPieces(bytes, []));
        expect(attempt(() => decodeInPieces(bytes, sizes))).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });
});

function attempt(decode: () => RespValue[]): RespValue[] | string {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof RespProtocolError)) throw error;
    return 'garbage';
  }
}
