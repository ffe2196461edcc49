import type { Clock, GroupDeadlines, Protocol } from '@tollgate/core';
import type { StreamGatherer, StreamMeter, StreamSink, UpstreamClient, UpstreamRequest } from '../port.ts';
import type { DeadlineTicker } from './deadline-ticker.ts';

/** What the upstream's answer began with. Header names in lower case, none removed. */
export interface AnswerHead {
  status: number;
  headers: Record<string, string>;
  /** Told to `beforeFinish`: when the first content came, monotonic ms; the client may not have it yet. */
  firstContentAtMs?: number | null;
}

export interface AttemptOptions {
  client: UpstreamClient;
  request: UpstreamRequest;
  /** The client asked for a stream. */
  wantsStream: boolean;
  /**
   * Where a plain answer is wanted of an upstream that only streams: makes it, a new one for each attempt. An upstream
   * that answers plainly all the same is taken at its word. Default null.
   */
  gatherer?: StreamGatherer | null;
  /** What the upstream speaks, for its errors. Default `messages`. */
  protocol?: Protocol;
  /** What a stream is sent as. Default `text/event-stream`. */
  streamMediaType?: string;
  /** A new one for each attempt. */
  meter: StreamMeter;
  sink: StreamSink;
  /** `connectMs` is the request's own `connectTimeoutMs`; `totalMs` is `totalDeadlineAtMs`. */
  deadlines: GroupDeadlines;
  /** On the clock's monotonic scale, over all attempts of the request. */
  totalDeadlineAtMs: number;
  clock: Clock;
  ticker: DeadlineTicker;
  /** Whether a plain 2xx body, or a gathered one, is a whole JSON object. */
  isWholeJson: (body: Buffer) => boolean;
  /**
   * Called before the bytes that end a stream go to the sink: `complete` with the end of the message,
   * `stream-error` with the upstream's error event. The place to write what must not be lost. What it throws
   * rejects `ended`, and those bytes are not sent.
   */
  beforeFinish: (outcome: 'complete' | 'stream-error', answer: AnswerHead) => void;
  /** Prelude that may be held back for a failover. Default 64 KiB. */
  preludeBytesMax?: number;
  /** Plain answer. Default 64 MiB. */
  jsonBytesMax?: number;
  /** What is kept of an error body. Default 64 KiB. */
  errorBytesMax?: number;
  /** How long the last bytes are held for an upstream that does not end after its message, or its error. Default 250 ms. */
  lingerMs?: number;
}

export const ATTEMPT_DEFAULTS = {
  protocol: 'messages',
  streamMediaType: 'text/event-stream',
  preludeBytesMax: 64 * 1024,
  jsonBytesMax: 64 * 1024 * 1024,
  errorBytesMax: 64 * 1024,
  lingerMs: 250,
} as const;
