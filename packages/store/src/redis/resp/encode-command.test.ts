import { describe, expect, it } from 'vitest';
import { CommandEncoder, encodeCommands, encodeWords } from './encode-command.ts';

describe('the text of a command', () => {
  it('is an array of bulk strings, with lengths in bytes', () => {
    expect(encodeCommands([['SET', 'k', 'é😀', -5]])).toMatchObject({
      text: '*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\né😀\r\n$2\r\n-5\r\n',
      isAscii: false,
    });
  });

  it('holds long words and empty ones', () => {
    const long = 'x'.repeat(70_000);
    expect(encodeCommands([[long, '']]).text).toBe(`*2\r\n$70000\r\n${long}\r\n$0\r\n\r\n`);
  });

  it('counts the words of a head that is encoded already', () => {
    const encoder = new CommandEncoder();
    encoder.begin(1, encodeWords(['EVALSHA', 'abc']), 2);
    encoder.addWord(0);
    expect(encoder.text).toBe(encodeCommands([['EVALSHA', 'abc', 0]]).text);
  });

  it('a lone surrogate has the length that is sent', () => {
    const { text } = encodeCommands([['\ud800']]);
    expect(Buffer.from(text, 'utf8').toString()).toBe('*1\r\n$3\r\n\ufffd\r\n');
  });
});
