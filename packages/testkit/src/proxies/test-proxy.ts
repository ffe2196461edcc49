import { once } from 'node:events';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TestProxyOptions {
  /** What it asks for; absent = nothing. */
  credentials?: { username: string; password: string };
  /** Where it really connects to, whatever name it was given: it resolves names as it likes. */
  resolve?: { host: string; port: number };
}

/** What all proxies for tests have: they listen on loopback, count, and can be cut. */
export class TestProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new Set<Duplex>();
  /** `host:port` of each target it was asked for. */
  readonly targets: string[] = [];
  connections = 0;

  constructor(scheme: string, server: Server) {
    this.#scheme = scheme;
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.keep(socket);
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return this.buildUrl('');
  }

  /** Connections that are open at this moment, to clients and targets. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** `user:password@` in front of the address. */
  buildUrl(credentials: string): string {
    return `${this.#scheme}://${credentials === '' ? '' : `${credentials}@`}127.0.0.1:${this.port}`;
  }

  keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
  }

  /** Dials the target; joined with the client, one end takes the other with it. Rejects when it cannot be reached. */
  async dial(host: string, port: number): Promise<Socket> {
    const socket = connect({ host, port, noDelay: true });
    this.keep(socket);
    await once(socket, 'connect');
    return socket;
  }

  join(client: Duplex, target: Socket): void {
    client.pipe(target);
    target.pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  }

  /** As if the process had died. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }
}
