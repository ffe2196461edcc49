const LINE_END = /\r\n|\n|\r/u;

/**
 * One server-sent event with its blank line. `name` null = no `event:` line. Data with line ends (no JSON text that
 * JSON.stringify made has any) goes out as several `data:` lines, which readers join again. A name is a fixed word
 * of the protocol: it holds no line end.
 */
export function encodeSseEvent(name: string | null, data: string): Buffer {
  const head = name === null ? '' : `event: ${name}\n`;
  return Buffer.from(
    `${head}${data
      .split(LINE_END)
      .map((line) => `data: ${line}\n`)
      .join('')}\n`,
  );
}
