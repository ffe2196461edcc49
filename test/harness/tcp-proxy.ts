import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  port: number;
  /** Resets every connection, and each new one, until `heal`. */
  cut(): void;
  /** Keeps the connections and takes new ones, and passes nothing, until `heal`: a network that swallows. */
  swallow(): void;
  heal(): void;
  stop(): Promise<void>;
}

/** A loopback TCP proxy in front of `targetPort`, whose cable can be pulled. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, target: Socket]>();
  let isCut = false;
  let isSwallowing = false;
  const server = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const pair = [client, connect(targetPort, '127.0.0.1')] as const;
    pairs.add(pair);
    join(pair, () => pairs.delete(pair));
    if (isSwallowing) for (const socket of pair) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const resetAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      resetAll();
    },
    swallow() {
      isSwallowing = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    heal() {
      isCut = false;
      isSwallowing = false;
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    async stop() {
      resetAll();
      server.close();
      await once(server, 'close');
    },
  };
}

function join([client, target]: readonly [Socket, Socket], onClosed: () => void): void {
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('data', (bytes: Buffer) => to.write(bytes));
    from.on('end', () => to.end());
    from.on('close', () => {
      to.destroy();
      onClosed();
    });
  }
}
