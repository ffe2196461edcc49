import { describe, expect, it } from 'vitest';
import { ReplyDecoder, RespProtocolError } from './decode-reply.ts';
import { RespError, type RespValue } from './reply.ts';

function decode(...chunks: (string | Buffer)[]): RespValue[] {
  const decoder = new ReplyDecoder();
  const replies: RespValue[] = [];
  for (const chunk of chunks) decoder.decode(Buffer.from(chunk as string), replies);
  return replies;
}

describe('replies', () => {
  it.each<[string, RespValue]>([
    ['+OK\r\n', 'OK'],
    ['+\r\n', ''],
    [':42\r\n', 42],
    [':-7\r\n', -7],
    [':-0\r\n', 0],
    [':9223372036854775807\r\n', '9223372036854775807'],
    [':-9223372036854775808\r\n', '-9223372036854775808'],
    ['$5\r\na\r\nb\0\r\n', 'a\r\nb\0'],
    ['$4\r\n😀\r\n', '😀'],
    ['$0\r\n\r\n', ''],
    ['$-1\r\n', null],
    ['*-1\r\n', null],
    ['*0\r\n', []],
    ['*3\r\n:1\r\n*2\r\n$-1\r\n*0\r\n*1\r\n+a\r\n', [1, [null, []], ['a']]],
  ])('%j is %j', (bytes, value) => expect(decode(bytes)).toEqual([value]));

  it('an error is a value of its own kind, also inside an array', () => {
    const [error, list] = decode('-NOSCRIPT none\r\n*2\r\n-ERR x\r\n:1\r\n');
    expect(error).toEqual(new RespError('NOSCRIPT none'));
    expect(list).toEqual([new RespError('ERR x'), 1]);
  });

  it('a long bulk string in many chunks comes whole', () => {
    const text = 'é'.repeat(200_000);
    const bytes = Buffer.from(`$400000\r\n${text}\r\n:1\r\n`);
    const chunks = Array.from({ length: 401 }, (_, index) =>
      bytes.subarray(index * 1_000, (index + 1) * 1_000),
    );
    expect(decode(...chunks)).toEqual([text, 1]);
  });

  it.each([
    ['an unknown type', 'HTTP/1.1 400 Bad Request\r\n'],
    ['RESP3', '%1\r\n'],
    ['a bulk string over the limit', '$67108865\r\n'],
    ['a length of twenty digits', '$99999999999999999999\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a length that is no number', '$1x\r\n'],
    ['an empty length', '$\r\n'],
    ['an array over the limit', '*1048577\r\n'],
    ['an integer that is none', ':1.5\r\n'],
    ['a sign alone', ':-\r\n'],
    ['a line that ends without LF', '+OK\rX'],
    ['a line without end', `+${'x'.repeat(70_000)}`],
    ['a length without end', `$${'1'.repeat(70_000)}`],
    ['a bulk string longer than it says', '$2\r\nabcd'],
    ['arrays without end', '*1\r\n'.repeat(17)],
  ])('%s is refused', (_what, bytes) => {
    expect(() => decode(bytes)).toThrow(RespProtocolError);
  });

  it('gives what came before the garbage', () => {
    const replies: RespValue[] = [];
    expect(() => new ReplyDecoder().decode(Buffer.from(':1\r\n?'.concat('\r\n')), replies)).toThrow(
      'unknown type',
    );
    expect(replies).toEqual([1]);
  });
});
