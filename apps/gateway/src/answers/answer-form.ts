import type { TollgateError } from '@tollgate/core';

/** A stream's bytes on their way to the client; each piece that comes back may be empty. */
export interface AnswerStream {
  push(chunk: Buffer): Buffer;
  /** The upstream's stream is over and whole: what still has to go out. null = it did not read as whole. */
  end(): Buffer | null;
  /** It broke off: what may still go out. */
  flush(): Buffer;
}

/** What becomes of one upstream's answer on its way to the client: of each attempt a new one. */
export interface AnswerForm {
  /** null = the bytes pass as they come. */
  createStream(): AnswerStream | null;
  selectHeaders(headers: Readonly<Record<string, string>>, status: number): Record<string, string>;
  /** Whether a good plain answer can be given to the client; null = no. The attempt is not closed yet. */
  takeAnswer(body: Buffer): Buffer | null;
  /** The upstream's own verdict: its bytes, or what the client is told in their place. */
  mapError(status: number, headers: Readonly<Record<string, string>>, body: Buffer): Buffer | TollgateError;
}
