import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommands } from './encode-command.ts';
import { readCommands } from './testing/read-commands.ts';

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.constantFrom('', '\r\n', '$5\r\nhello\r\n', '*1\r\n', '\0', '😀', 'é', '中文', '\u{10ffff}'),
  fc.maxSafeInteger(),
);
const commands = fc.array(fc.array(word, { minLength: 1, maxLength: 8 }), { maxLength: 6 });

describe('commands as bytes', () => {
  it('read by another parser, they are what was put in', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const { text, isAscii } = encodeCommands(given);
        const read = readCommands(Buffer.from(text, isAscii ? 'latin1' : 'utf8'));
        expect(read.commands).toEqual(given.map((words) => words.map(String)));
        expect(read.rest).toHaveLength(0);
      }),
      { numRuns: 500 },
    );
  });

  it('ASCII text is known as such, and no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        // oxlint-disable-next-line no-control-regex -- the ASCII range is meant
        expect(encodeCommands([[given]]).isAscii).toBe(/^[\0-\x7f]*$/.test(given));
      }),
    );
  });
});
