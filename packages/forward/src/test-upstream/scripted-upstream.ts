import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** One request as it came in on a raw socket; the script answers with bytes of its own choice. */
export interface Exchange {
  socket: Socket;
  head: string;
  body: Buffer;
  /** 1 for the first request on this connection. */
  requestOnSocket: number;
}

export type UpstreamScript = (exchange: Exchange) => void;

/** An HTTP/1.1 server that knows nothing of HTTP but where a request ends: every misbehaviour is possible. */
export class ScriptedUpstream implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  script: UpstreamScript;
  connections = 0;
  requests = 0;
  /** Sockets that the peer has closed, gracefully or not. */
  closedByPeer = 0;
  /** Takes the connection over: no requests are read from it. */
  onConnect: ((socket: Socket) => void) | null = null;

  private constructor(script: UpstreamScript, tls?: { key: string; cert: string }) {
    this.script = script;
    const options = { ...tls, allowHalfOpen: true, noDelay: true };
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server = tls === undefined ? createServer(options, serve) : createTlsServer(options, serve);
    // Also those that never get through a handshake.
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(script: UpstreamScript, tls?: { key: string; cert: string }): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream(script, tls);
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    let pending = Buffer.alloc(0);
    let served = 0;
    socket.on('error', () => {});
    socket.on('end', () => (this.closedByPeer += 1));
    if (this.onConnect !== null) return this.onConnect(socket);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      const exchange = takeRequest(socket, pending, served + 1);
      if (exchange === null) return;
      pending = Buffer.alloc(0);
      served += 1;
      this.requests += 1;
      this.script(exchange);
    });
  }
}

function takeRequest(socket: Socket, bytes: Buffer, requestOnSocket: number): Exchange | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = bytes.subarray(0, headEnd).toString('latin1');
  const length = Number(/content-length: (\d+)/iu.exec(head)?.[1] ?? 0);
  const body = bytes.subarray(headEnd + 4);
  return body.length < length ? null : { socket, head, body: Buffer.from(body), requestOnSocket };
}
