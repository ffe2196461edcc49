import type { TollgateError } from '@tollgate/core';
import { messagesErrorShape, type ErrorShape } from '@tollgate/protocol';
import type { ResponseWriter, WriterState } from '../server/port.ts';
import { nextWriterState, type WriterEvent } from '../server/response-state.ts';

/** The port with the server's own order of states; keeps what the client would see. */
export class RecordingWriter implements ResponseWriter {
  errorShape: ErrorShape = messagesErrorShape;
  onAbort: (() => void) | null = null;
  onDrain: (() => void) | null = null;
  state: WriterState = 'idle';
  status = 0;
  headers: Record<string, string> = {};
  body = '';
  error: TollgateError | null = null;
  /** What `write` answers. */
  takesMore = true;
  /** Called before each write, e.g. to look at what is settled by then. */
  onWrite: ((chunk: Buffer) => void) | null = null;

  send(status: number, headers: Record<string, string>, body: string | Buffer): void {
    if (!this.#enter('send')) return;
    this.status = status;
    this.headers = headers;
    this.body = body.toString();
  }

  sendError(error: TollgateError): void {
    if (!this.#enter('send-error')) return;
    if (this.status === 0) this.status = error.status;
    this.error = error;
  }

  startStream(status: number, headers: Record<string, string>): void {
    if (!this.#enter('start-stream')) return;
    this.status = status;
    this.headers = headers;
  }

  write(chunk: Buffer): boolean {
    this.onWrite?.(chunk);
    if (!this.#enter('write')) return true;
    this.body += chunk.toString();
    return this.takesMore;
  }

  end(last?: Buffer): void {
    if (last !== undefined && last.length > 0) this.write(last);
    this.#enter('end');
  }

  cut(): void {
    this.#enter('cut');
  }

  /** The client goes. */
  leave(): void {
    if (this.#enter('leave')) this.onAbort?.();
  }

  #enter(event: WriterEvent): boolean {
    const next = nextWriterState(this.state, event);
    if (next !== null) this.state = next;
    return next !== null;
  }
}
