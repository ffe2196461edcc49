import { type Clock, type Logger, TollgateError, createId } from '@tollgate/core';
import { type HttpRequest, type HttpResponse, type Uws, loadUws, type us_listen_socket } from '@tollgate/uws';
import { type BodyFraming, checkFraming } from './check-framing.ts';
import { UwsClientRequest, copyRequestHead } from './client-request.ts';
import { InFlight } from './in-flight.ts';
import { type AnswerHost, NativeResponse } from './native-response.ts';
import type { ErrorShape } from '@tollgate/protocol';
import type { ClientRequest, ResponseWriter } from './port.ts';
import { RequestBody } from './request-body.ts';
import { UwsResponseWriter } from './response-writer.ts';

export interface ServerOptions {
  /** 0 = any free port; only for a port that is not shared. */
  port: number;
  /** An address to listen on, e.g. `127.0.0.1`, `0.0.0.0`, `::`. */
  host: string;
  /** Called for every request, on every path. May answer at once or later. */
  handle(request: ClientRequest, writer: ResponseWriter): void;
  /** The shape of errors until `handle` sets another, and of those that are made before it is called. */
  errorShape: ErrorShape;
  clock: Clock;
  logger: Logger;
  /** true: several processes or threads listen on this port. Default false: a busy port is an error. */
  isPortShared?: boolean;
  /** How long a client whose body is refused may go on sending. Default 5000. */
  lingerMs?: number;
  /** How long a client may take nothing of an answer that waits for it. Default 60,000; then it is cut. */
  stallMs?: number;
  /** Called by `close` before answers that are still under way are cut. */
  onCut?(): void;
  /** Default: loads it; give it to share one load with other uses. */
  uws?: Uws;
}

export interface Server {
  readonly port: number;
  /**
   * Takes no new connections, waits up to `graceMs` for answers that have begun (by then the pipeline refuses
   * requests on old connections), then cuts what is left; those writers see `onAbort`.
   */
  close(graceMs: number): Promise<void>;
}

const LISTEN_SHARED = 0;
const LISTEN_EXCLUSIVE = 1;
const LINGER_MS = 5000;
const STALL_MS = 60_000;

/** Starts the data plane's HTTP/1.1 server. Rejects when the address cannot be listened on. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const uws = options.uws ?? loadUws();
  const inFlight = new InFlight();
  const { lingerMs = LINGER_MS, stallMs = STALL_MS } = options;
  const host: AnswerHost = {
    lingerMs,
    stallMs,
    enter: () => inFlight.enter(),
    leave: () => inFlight.leave(),
  };
  const app = uws.App();
  app.any('/*', (response, request) => acceptRequest(options, host, response, request));
  const socket = await new Promise<us_listen_socket>((resolve, reject) => {
    const mode = options.isPortShared === true ? LISTEN_SHARED : LISTEN_EXCLUSIVE;
    listen(app, options, mode, (opened) => {
      if (opened === false) reject(new Error(`Cannot listen on ${options.host} port ${options.port}.`));
      else resolve(opened);
    });
  });
  const port = uws.us_socket_local_port(socket);
  const stop = async (graceMs: number): Promise<void> => {
    uws.us_listen_socket_close(socket);
    await inFlight.drain(graceMs);
    if (inFlight.count > 0) options.onCut?.();
    app.close();
  };
  let closing: Promise<void> | null = null;
  return { port, close: (graceMs) => (closing ??= stop(graceMs)) };
}

type ListenWithMode = (
  host: string,
  port: number,
  mode: number,
  onListening: (socket: us_listen_socket | false) => void,
) => void;

/** The package's types leave out this overload, which the binary has. */
function listen(
  app: object,
  options: ServerOptions,
  mode: number,
  onListening: Parameters<ListenWithMode>[3],
): void {
  (app as { listen: ListenWithMode }).listen(options.host, options.port, mode, onListening);
}

function acceptRequest(
  options: ServerOptions,
  host: AnswerHost,
  response: HttpResponse,
  native: HttpRequest,
): void {
  const head = copyRequestHead(native);
  const id = createId('request', options.clock.nowMs());
  const framing = checkFraming(head.headers);
  const body = new RequestBody(framing, response);
  const isHead = head.method === 'HEAD';
  const closes = framing.kind === 'chunked' || framing.kind === 'refused';
  host.enter();
  const transport = new NativeResponse(response, { isHead, closes, body }, host);
  const writer = new UwsResponseWriter(id, options.errorShape, transport);
  connect(response, body, transport, writer);
  if (framing.kind === 'refused') return refuse(writer, framing);
  callHandler(options, new UwsClientRequest(id, head, body, transport), writer);
}

/** uWebSockets.js wants its handlers before the callback returns, and never calls one after `onAborted`. */
function connect(
  response: HttpResponse,
  body: RequestBody,
  transport: NativeResponse,
  writer: UwsResponseWriter,
): void {
  response.onAborted(() => {
    transport.abort();
    body.leave();
    writer.leave();
  });
  response.onData((chunk, isLast) => body.accept(chunk, isLast));
  transport.listen(writer);
}

function refuse(writer: UwsResponseWriter, framing: Extract<BodyFraming, { kind: 'refused' }>): void {
  writer.sendError(new TollgateError('invalid_request', { message: framing.reason }));
}

function callHandler(options: ServerOptions, request: ClientRequest, writer: ResponseWriter): void {
  try {
    options.handle(request, writer);
  } catch (error) {
    // An exception in a uWebSockets.js callback would end the process, and every other answer with it.
    options.logger.error({ err: error, requestId: request.id }, 'The request handler threw.');
    writer.sendError(new TollgateError('internal', { cause: error }));
  }
}
