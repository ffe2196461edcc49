import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to Redis that a test can cut. */
export interface Wire {
  url: string;
  /** Closes every connection; new ones are taken. */
  drop(): void;
  /** Closes every connection and takes no new ones. */
  cut(): void;
}

/** Passes bytes between a loopback port and the Redis at `url`. */
export async function startWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port || 6379), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    drop,
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      server.close();
      drop();
    },
  };
}
