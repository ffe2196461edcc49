import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  port: number;
  /** Resets every connection, and each new one, until `heal`. */
  cut(): void;
  /** Keeps the connections and takes new ones, and passes nothing, until `heal`: a network that swallows. */
  swallow(): void;
  /** Every piece arrives so much later, in order, until `heal`. */
  slow(delayMs: number): void;
  heal(): void;
  stop(): Promise<void>;
}

/** A loopback TCP proxy in front of `targetPort`, whose cable can be pulled. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, target: Socket]>();
  let isCut = false;
  let isSwallowing = false;
  const lag = { delayMs: 0 };
  const server = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const pair = [client, connect(targetPort, '127.0.0.1')] as const;
    pairs.add(pair);
    join(pair, lag, () => pairs.delete(pair));
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
    slow(delayMs) {
      lag.delayMs = delayMs;
    },
    heal() {
      isCut = false;
      lag.delayMs = 0;
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

function join(
  [client, target]: readonly [Socket, Socket],
  lag: { delayMs: number },
  onClosed: () => void,
): void {
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', () => {});
    const waiting: { bytes: Buffer; dueMs: number }[] = [];
    // One timer: pieces with timers of their own would overtake each other.
    const pass = (): void => {
      for (let first = waiting[0]; first; first = waiting[0]) {
        const restMs = first.dueMs - performance.now();
        if (restMs > 0) return void setTimeout(pass, restMs);
        waiting.shift();
        if (to.writable) to.write(first.bytes);
      }
    };
    from.on('data', (bytes: Buffer) => {
      waiting.push({ bytes, dueMs: performance.now() + lag.delayMs });
      if (waiting.length === 1) pass();
    });
    from.on('end', () => to.end());
    from.on('close', () => {
      to.destroy();
      onClosed();
    });
  }
}
