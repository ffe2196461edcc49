import type { StreamSink } from '../port.ts';

/** The client's side, written down. */
export class RecordingSink implements StreamSink {
  readonly log: string[] = [];
  bytes = Buffer.alloc(0);
  writes = 0;
  status = 0;
  /** What `write` answers. */
  takesMore = true;
  onStart: (() => void) | null = null;

  startStream(status: number): void {
    this.log.push('start');
    this.status = status;
    this.onStart?.();
  }

  write(chunk: Buffer): boolean {
    this.log.push('write');
    this.writes += 1;
    this.bytes = Buffer.concat([this.bytes, chunk]);
    return this.takesMore;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }
}
