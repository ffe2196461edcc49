import type { StreamGatherer } from '../port.ts';

/** Makes `{"text":…}` of a Messages stream, for tests: the text of all its deltas, at its last `message_stop`. */
export class SampleGatherer implements StreamGatherer {
  answer: Buffer | null = null;
  errorBody: Buffer | null = null;
  isTooLarge = false;
  readonly #bytesMax: number;
  #bytes = Buffer.alloc(0);
  #text = '';

  constructor(bytesMax = 1 << 20) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let end = this.#bytes.indexOf('\n\n'); end !== -1; end = this.#bytes.indexOf('\n\n')) {
      if (this.errorBody === null) this.#read(this.#bytes.subarray(0, end).toString('utf8'));
      this.#bytes = this.#bytes.subarray(end + 2);
    }
  }

  end(): void {
    this.push(Buffer.from('\n\n'));
  }

  #read(event: string): void {
    const data: unknown = JSON.parse(/^data: (.*)$/mu.exec(event)?.[1] ?? '{}');
    const { type, error, delta } = data as { type?: string; error?: object; delta?: { text?: string } };
    if (type === 'message_start') {
      this.#text = '';
      this.answer = null;
    }
    if (type === 'content_block_delta') this.#text += delta?.text ?? '';
    this.isTooLarge ||= this.#text.length > this.#bytesMax;
    if (type === 'message_stop') this.answer = Buffer.from(JSON.stringify({ text: this.#text }));
    if (type === 'error' && this.answer === null) this.errorBody = Buffer.from(JSON.stringify({ error }));
  }
}
