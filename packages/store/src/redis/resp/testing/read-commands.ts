/**
 * Reads RESP2 commands out of bytes, written apart from the encoder so that one may prove the other. Gives the
 * commands that are whole and the bytes that are left over. Throws on anything that is not an array of bulk strings.
 */
export function readCommands(bytes: Buffer): { commands: string[][]; rest: Buffer } {
  const commands: string[][] = [];
  let rest = bytes;
  for (;;) {
    const read = readCommand(rest);
    if (!read) return { commands, rest };
    commands.push(read.words);
    rest = read.rest;
  }
}

function readCommand(bytes: Buffer): { words: string[]; rest: Buffer } | null {
  const head = readSize(bytes, '*');
  if (!head) return null;
  const words: string[] = [];
  let rest = head.rest;
  while (words.length < head.size) {
    const word = readSize(rest, '$');
    if (!word || word.rest.length < word.size + 2) return null;
    if (word.rest.toString('latin1', word.size, word.size + 2) !== '\r\n')
      throw new Error('no CRLF after a word');
    words.push(word.rest.toString('utf8', 0, word.size));
    rest = word.rest.subarray(word.size + 2);
  }
  return { words, rest };
}

function readSize(bytes: Buffer, sign: string): { size: number; rest: Buffer } | null {
  const end = bytes.indexOf('\r\n');
  if (end === -1) return null;
  const line = bytes.toString('latin1', 0, end);
  if (!/^.\d+$/.test(line) || line[0] !== sign) throw new Error(`expected ${sign}, got ${line}`);
  return { size: Number(line.slice(1)), rest: bytes.subarray(end + 2) };
}
