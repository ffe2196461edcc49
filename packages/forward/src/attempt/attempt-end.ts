import type { RetryReason } from './map-upstream-error.ts';

/** Monotonic ms; only differences mean anything. */
export interface AttemptTimings {
  startedAtMs: number;
  headersAtMs: number | null;
  /** First content of a stream, or the whole of a plain answer. */
  firstContentAtMs: number | null;
  endedAtMs: number;
}

/** How one attempt ended, as the forward stage must act on it. Header names are in lower case, none removed. */
export type AttemptEnd = AttemptOutcome & { timings: AttemptTimings };

export type AttemptOutcome =
  /** A stream, whole; all its bytes are with the sink, and the owner ends the writer. */
  | { kind: 'answered'; status: number; headers: Record<string, string>; stream: true }
  /** A plain answer, whole; the owner sends it. */
  | { kind: 'answered-json'; status: number; headers: Record<string, string>; body: Buffer }
  /** The client's own error, to be passed on; nothing has been sent. `isBodyWhole` false: do not pass the body. */
  | {
      kind: 'client-error';
      status: number;
      headers: Record<string, string>;
      body: Buffer;
      isBodyWhole: boolean;
    }
  /** Nothing went to the client: another account may be tried. */
  | {
      kind: 'retryable';
      reason: RetryReason;
      /** What the upstream said: the HTTP status, or that of an error inside a 200; 0 = no answer at all. */
      status: number;
      headers: Record<string, string>;
      /** The beginning of an error body, where there was one. */
      body?: Buffer;
      /** What the upstream's error said, where it could be read. */
      error?: { type: string; message: string };
      retryAfterMs?: number;
      sentBytes: false;
      /** For the log only. */
      message: string;
    }
  /** Content had gone out, then the attempt failed. */
  | {
      kind: 'broken';
      reason: RetryReason;
      /** For the log only. */
      message: string;
      /** The upstream's own error event has been passed on, and what came behind it: just end the stream. */
      isErrorSent: boolean;
      /**
       * The last event was cut: write a blank line first, or the error event would be glued to it. With `isErrorSent`
       * it is the error event that lacks its blank line.
       */
      isMidEvent: boolean;
    }
  /** `status` 0 = no answer had begun. `plainBytes`: what had come of an answer that is no stream. */
  | { kind: 'client-left'; status: number; headers: Record<string, string>; plainBytes: number };
