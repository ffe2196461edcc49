import type { StreamMeter } from '../port.ts';

/** A plain reader of Messages streams for tests: looks at each event when its blank line is there. */
export class SampleMeter implements StreamMeter {
  firstContentAt: number | null = null;
  error: StreamMeter['error'] = null;
  isComplete = false;
  isBroken = false;
  #bytes = Buffer.alloc(0);
  /** Offset of the event that is being read. */
  #at = 0;

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    let from = 0;
    for (let end = this.#bytes.indexOf('\n\n'); end !== -1; end = this.#bytes.indexOf('\n\n', from)) {
      if (this.error !== null) return;
      this.#read(this.#bytes.subarray(from, end).toString('utf8'));
      this.#at += end + 2 - from;
      from = end + 2;
    }
    this.#bytes = this.#bytes.subarray(from);
  }

  end(): void {
    this.push(Buffer.from('\n\n'));
  }

  #read(event: string): void {
    const name = /^event: (.*)$/mu.exec(event)?.[1];
    if (name === undefined && !event.startsWith(':')) this.isBroken = this.#at === 0;
    if (name?.startsWith('content_block')) this.firstContentAt ??= this.#at;
    if (name === 'message_stop') this.isComplete = true;
    if (name === 'message_start') this.isComplete = false;
    if (name !== 'error' || this.isComplete) return;
    const { type, message } = JSON.parse(/^data: (.*)$/mu.exec(event)?.[1] ?? '').error;
    this.error = { type, message, status: type === 'overloaded_error' ? 529 : 500 };
  }
}
