import { open } from 'node:fs/promises';
import { RecordEncoder } from './record-encoder.ts';
import { RECORD_CLOSE } from './record-types.ts';

/** Close records that nobody will book: kept, flushed, in the same format as a segment. */
export class RejectedFile {
  readonly #path: string;
  readonly #encoder = new RecordEncoder();

  constructor(path: string) {
    this.#path = path;
  }

  async append(payload: string): Promise<void> {
    const length = this.#encoder.encode(RECORD_CLOSE, payload);
    const bytes = Buffer.from(this.#encoder.buffer.subarray(0, length));
    const file = await open(this.#path, 'a', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
