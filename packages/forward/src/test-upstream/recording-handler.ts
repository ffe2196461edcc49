import type { UpstreamFault, UpstreamHandler } from '../port.ts';

/** Writes down what a client tells its handler. */
export class RecordingHandler implements UpstreamHandler {
  readonly calls: string[] = [];
  status = 0;
  headers: Record<string, string> = {};
  body = Buffer.alloc(0);
  fault: UpstreamFault | null = null;
  onChunk: (() => void) | null = null;
  readonly #over = Promise.withResolvers<void>();
  readonly #started = Promise.withResolvers<void>();

  /** The call has ended, one way or the other. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Headers have come. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  onHeaders(status: number, headers: Record<string, string>): void {
    this.calls.push('headers');
    this.status = status;
    this.headers = headers;
    this.#started.resolve();
  }

  onData(chunk: Buffer): void {
    if (this.calls.at(-1) !== 'data') this.calls.push('data');
    this.body = Buffer.concat([this.body, chunk]);
    this.onChunk?.();
  }

  onEnd(): void {
    this.calls.push('end');
    this.#over.resolve();
  }

  onError(fault: UpstreamFault): void {
    this.calls.push(`error ${fault.kind}`);
    this.fault = fault;
    this.#over.resolve();
  }
}
