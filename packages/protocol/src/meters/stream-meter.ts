import type { MeteredUsage } from '@tollgate/core';
import type { ImageSize } from '../usage/media-usage.ts';

/** What an error event says, as far as the forward decides on it. */
export interface StreamError {
  /** In Anthropic's words, whatever the protocol. */
  type: string;
  message: string;
  /** The HTTP status that it stands for. */
  status: number;
}

/** What of the request a meter has to know. */
export interface MeterOptions {
  /** Gemini: `generationConfig.imageConfig.imageSize`. Default 1k, as at Google. */
  imageSize?: ImageSize;
}

/** Watches one stream while its bytes are relayed. Never changes them, never throws, whatever the cut of the bytes. */
export interface ProtocolStreamMeter {
  /** Call with each chunk before it is forwarded. The chunk is not kept. */
  push(chunk: Buffer): void;
  /** The upstream closed the stream. What stands in an event without its blank line still counts. */
  end(): void;
  /** The first content event has come whole; what came before can be repeated. */
  readonly hasContent: boolean;
  /** Offset in the stream of the first byte of that event; bytes before it are prelude. null = none yet. */
  readonly firstContentAt: number | null;
  /** The error that ended the answer. */
  readonly error: StreamError | null;
  /**
   * The protocol's end has come, and no other answer behind it. A stream that ends without it was cut. Protocols
   * whose end is the close of the connection say so only after `end()`.
   */
  readonly isComplete: boolean;
  /**
   * All that the answer owes has come (finish reason, usage), though its end may not have: an upstream that stays
   * silent from here on has done its work.
   */
  readonly isFinished: boolean;
  /** The stream does not begin like one of this protocol: HTML, plain JSON, another protocol. */
  readonly isBroken: boolean;
  /** Bytes of text, reasoning and tool input that have passed, for estimates. */
  readonly outputBytes: number;
  /** Usage values or events that could not be used; worth a line in the log when not 0. */
  readonly irregular: number;
  /** The provider's figures so far; null = it gave none. */
  usage(): MeteredUsage | null;
}
