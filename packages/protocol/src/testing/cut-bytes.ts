interface Reader {
  push(chunk: Buffer): void;
  end(): void;
}

/** Pushes the bytes cut at the given places, each chunk spoilt after the push as a reused read buffer would be. */
export function pushCut(reader: Reader, bytes: Buffer, places: readonly number[]): void {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  borders.sort((a, b) => a - b);
  for (let index = 1; index < borders.length; index += 1) {
    const chunk = Buffer.from(bytes.subarray(borders[index - 1], borders[index]));
    reader.push(chunk);
    chunk.fill(0x0a);
  }
  reader.end();
}
