import type { StreamMeter } from '../port.ts';

/** A plain reader of Messages streams for tests: keeps all bytes, looks at each event when its blank line is there. */
export class SampleMeter implements StreamMeter {
  firstContentAt: number | null = null;
  error: StreamMeter['error'] = null;
  isComplete = false;
  isBroken = false;
  #bytes = Buffer.alloc(0);
  #at = 0;

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const end = this.#bytes.indexOf('\n\n', this.#at);
      if (end === -1 || this.error !== null || this.isComplete) return;
      this.#read(this.#bytes.subarray(this.#at, end).toString('utf8'));
      this.#at = end + 2;
    }
  }

  #read(event: string): void {
    const name = /^event: (.*)$/mu.exec(event)?.[1];
    if (name === undefined && !event.startsWith(':')) this.isBroken = this.#at === 0;
    if (name?.startsWith('content_block')) this.firstContentAt ??= this.#at;
    if (name === 'message_stop') this.isComplete = true;
    if (name !== 'error') return;
    const { type, message } = JSON.parse(/^data: (.*)$/mu.exec(event)?.[1] ?? '').error;
    this.error = { type, message, status: type === 'overloaded_error' ? 529 : 500 };
  }
}
