/** What the forward needs of an HTTP client, with undici's vocabulary of callbacks. */
export interface UpstreamClient {
  /** Never throws: every fault arrives through `onError`. Callbacks never run before `send` returns. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  /** Cuts every connection: running calls end with a fault, later ones with `refused`. */
  close(): Promise<void>;
}

export interface UpstreamRequest {
  method: 'GET' | 'POST';
  /** `https://host[:port]`, no path. */
  origin: string;
  /** Path with query. */
  path: string;
  /** Lower-case names; content-length and host are the client's own business. */
  headers: Record<string, string>;
  body: Buffer | null;
  connectTimeoutMs: number;
  /** ACC-7: the account's proxy, with its credentials; null or absent = direct. A client that has none refuses it. */
  proxyUrl?: string | null;
  /** Dial a new connection instead of reusing an idle one. Default false. */
  freshSocket?: boolean;
}

/** Exactly one of `onEnd` or `onError` ends a call; nothing comes after it. After abort() nothing comes at all. */
export interface UpstreamHandler {
  /** Header names in lower case; repeated headers joined with `, `. */
  onHeaders(status: number, headers: Record<string, string>): void;
  /** Bytes as they came. The buffer may be reused after the call returns: copy what is kept. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(fault: UpstreamFault): void;
}

export interface UpstreamCall {
  /** Stops reading from the socket, so that the upstream feels it. One more chunk may still come. */
  pause(): void;
  /** Goes on reading, not before the present turn of the loop is over. */
  resume(): void;
  /** Ends the upstream exchange at once and closes its socket. Idempotent. */
  abort(): void;
}

/**
 * `refused`: no connection (DNS, refused, unreachable, TLS). `connect-timeout`. `forbidden-address`: the
 * outbound guard said no. `reset`: the connection broke after it was made. `protocol`: not HTTP, wrong length.
 */
export interface UpstreamFault {
  kind: 'refused' | 'connect-timeout' | 'forbidden-address' | 'reset' | 'protocol';
  /** For the log only. */
  detail: string;
  /**
   * The connection had served another request before, and not one byte of this answer came: the upstream most
   * likely closed an idle connection while the request was on its way. Worth one retry on a fresh one.
   */
  isStaleSocket: boolean;
}

/**
 * Reads a stream as it passes (the Messages one is in packages/protocol). Whatever the cut of the bytes, it must
 * come to the same result.
 */
export interface StreamMeter {
  /** Told of each chunk before it is forwarded, cut anywhere. Must not keep the buffer. */
  push(chunk: Buffer): void;
  /** The upstream has ended: an event without its blank line counts as well. */
  end(): void;
  /** Absolute offset of the event that is the first content; null while only a prelude has come. */
  readonly firstContentAt: number | null;
  /** An error event has come, whole, before the end of the message. What follows it counts as nothing. */
  readonly error: { type: string; message: string; status: number } | null;
  /** The message has ended, and no other has begun behind it. */
  readonly isComplete: boolean;
  /**
   * All that the message owes has come, though its end may not have: then a break or a silence of the upstream harms
   * nothing. Left out = the same as `isComplete`.
   */
  readonly isFinished?: boolean;
  /** The first event is none of this protocol. */
  readonly isBroken: boolean;
}

/** Makes one plain answer of a stream. Whatever the cut of the bytes, it must come to the same result. */
export interface StreamGatherer {
  /** Told of each chunk right after the meter. Must not keep the buffer. */
  push(chunk: Buffer): void;
  /** The upstream has ended: an event without its blank line counts as well. */
  end(): void;
  /** What a plain call would have got; null = it is not whole, or another one has begun behind it. */
  readonly answer: Buffer | null;
  /** What the stream's error event says, as the body of an HTTP error; null = none came. */
  readonly errorBody: Buffer | null;
  /** More has come than may be kept. */
  readonly isTooLarge: boolean;
}

/** The client's side of a stream. */
export interface StreamSink {
  startStream(status: number, headers: Record<string, string>): void;
  /** Copies before it returns. false = the client reads too slowly: wait for `drain()`. */
  write(chunk: Buffer): boolean;
}
