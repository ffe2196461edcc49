import type { RequestId, TollgateError } from '@tollgate/core';
import type { ErrorShape } from '@tollgate/protocol';

/** What the pipeline sees of a client's request; the uWS adapter is behind it. */
export interface ClientRequest {
  readonly id: RequestId;
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  /** Without `?`; '' if none. */
  readonly query: string;
  /** Textual socket address. */
  readonly remoteAddress: string;
  /** Lower-case names, in order, duplicates kept. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** First value of a header, '' if absent. */
  header(name: string): string;
  /**
   * The whole body. Rejects with TollgateError `body_too_large` as soon as the limit is passed (without
   * reading the rest), or `client_closed` when the client leaves.
   */
  readBody(bytesMax: number): Promise<Buffer>;
  /** Lets the body go by without keeping it; resolves at its end. Rejects as `readBody` does. */
  skipBody(bytesMax: number): Promise<void>;
}

export type WriterState = 'idle' | 'streaming' | 'ended' | 'aborted';

/**
 * The one owner of "has the answer started". All calls after `ended` or `aborted` do nothing.
 * Adds `x-request-id` to every answer.
 */
export interface ResponseWriter {
  readonly state: WriterState;
  /** Set before the first answer; the shape of errors. */
  errorShape: ErrorShape;
  /** Called once when the client leaves before the end. Set by the pipeline. */
  onAbort: (() => void) | null;
  /** Called when a writer that answered `false` can take more. */
  onDrain: (() => void) | null;
  /** A whole answer. */
  send(status: number, headers: Record<string, string>, body: string | Buffer): void;
  /** idle: a whole error answer with Retry-After; streaming: the protocol's error event, then the end. */
  sendError(error: TollgateError): void;
  /** Begins a streamed answer. Body bytes follow. */
  startStream(status: number, headers: Record<string, string>): void;
  /** Streamed bytes, copied before it returns. false = the client reads too slowly: wait for onDrain. */
  write(chunk: Buffer): boolean;
  /** Ends a streamed answer; `last`, its last bytes, goes out with the end. */
  end(last?: Buffer): void;
  /** Cuts the connection: the client must see that the answer is not whole. */
  cut(): void;
}
