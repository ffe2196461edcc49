export type Word = string | number;

/** Commands ready for one `socket.write`. */
export interface CommandText {
  text: string;
  /** All characters are ASCII: `latin1` writes the same bytes as `utf8`, and faster. */
  isAscii: boolean;
}

/** Words shorter than this get their length line from a table. */
const LENGTH_LINES_MAX = 256;
const LENGTH_LINES = Array.from({ length: LENGTH_LINES_MAX }, (_, length) => `$${length}\r\n`);

/**
 * Writes commands as RESP2 arrays of bulk strings, one after the other, as one string: no Buffer is made for a
 * word, and the bytes are copied once, into the socket. Lone surrogates go out as U+FFFD, as Buffer does it.
 */
export class CommandEncoder implements CommandText {
  text = '';
  isAscii = true;

  /** `head`: words that are encoded already, `headWords` of them, as `encodeWords` gives them. */
  begin(words: number, head = '', headWords = 0): void {
    this.text += `*${words + headWords}\r\n${head}`;
  }

  addWord(word: Word): void {
    const text = typeof word === 'string' ? word : String(word);
    // Every character beyond ASCII takes more bytes than UTF-16 units, so equal lengths say that there is none.
    const bytes = Buffer.byteLength(text);
    if (bytes !== text.length) this.isAscii = false;
    this.text += `${LENGTH_LINES[bytes] ?? `$${bytes}\r\n`}${text}\r\n`;
  }

  addWords(words: readonly Word[]): void {
    for (const word of words) this.addWord(word);
  }
}

/** Words as they stand inside a command, for the parts that are the same in every call. ASCII only. */
export function encodeWords(words: readonly Word[]): string {
  const encoder = new CommandEncoder();
  encoder.addWords(words);
  return encoder.text;
}

/** Whole commands, one after the other. */
export function encodeCommands(commands: readonly (readonly Word[])[]): CommandText {
  const encoder = new CommandEncoder();
  for (const words of commands) {
    encoder.begin(words.length);
    encoder.addWords(words);
  }
  return encoder;
}
