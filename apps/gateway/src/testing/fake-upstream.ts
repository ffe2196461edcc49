import type { UpstreamCall, UpstreamClient, UpstreamHandler, UpstreamRequest } from '@tollgate/forward';

/** One request as it reached the upstream; the test answers through `handler`. */
export class FakeCall implements UpstreamCall {
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  isAborted = false;
  isPaused = false;

  constructor(request: UpstreamRequest, handler: UpstreamHandler) {
    this.request = request;
    this.handler = handler;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  abort(): void {
    this.isAborted = true;
  }

  /** Nothing comes after an abort, as the port says. */
  data(text: string): void {
    if (!this.isAborted) this.handler.onData(Buffer.from(text));
  }
}

/** Each request is answered by `answer`, a turn of the loop after it was sent. */
export class FakeUpstream implements UpstreamClient {
  readonly calls: FakeCall[] = [];
  answer: (call: FakeCall) => void;

  constructor(answer: (call: FakeCall) => void = () => {}) {
    this.answer = answer;
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new FakeCall(request, handler);
    this.calls.push(call);
    setImmediate(() => {
      if (!call.isAborted) this.answer(call);
    });
    return call;
  }

  async close(): Promise<void> {}
}

const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'request-id': 'req_up' };
const JSON_HEADERS = { 'content-type': 'application/json', 'request-id': 'req_up' };

export function answerJson(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (call: FakeCall): void => {
    call.handler.onHeaders(status, { ...JSON_HEADERS, ...headers });
    call.data(typeof body === 'string' ? body : JSON.stringify(body));
    if (!call.isAborted) call.handler.onEnd();
  };
}

/** Streams the parts, then ends, or breaks off with a reset. */
export function answerStream(parts: string[], ending: 'end' | 'reset' | 'open' = 'end') {
  return (call: FakeCall): void => {
    call.handler.onHeaders(200, STREAM_HEADERS);
    for (const part of parts) call.data(part);
    if (call.isAborted || ending === 'open') return;
    if (ending === 'end') call.handler.onEnd();
    else call.handler.onError({ kind: 'reset', detail: 'ECONNRESET 203.0.113.9', isStaleSocket: false });
  };
}

export function answerFault(call: FakeCall): void {
  call.handler.onError({ kind: 'refused', detail: 'ECONNREFUSED 203.0.113.9', isStaleSocket: false });
}

export const event = (type: string, rest: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

export function buildPrelude(model: string): string {
  const usage = { input_tokens: 100, output_tokens: 1 };
  return event('message_start', { message: { id: 'msg_1', model, usage } });
}

export const CONTENT = event('content_block_delta', {
  index: 0,
  delta: { type: 'text_delta', text: 'Hello there, dear reader.' },
});
export const ENDING =
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 20 } }) +
  event('message_stop');
