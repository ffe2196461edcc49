import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to connections (32768 on), and so are those of a Redis Cluster's bus 10,000 above:
 * a port from that range may belong to any connection of this machine by the time that a server binds it.
 */
const PORTS = { min: 10_000, max: 22_000 };
const TRIES_MAX = 100;

/** A TCP port on 127.0.0.1 that is free, as is the one `andOffset` above it, and stays so but for other searches. */
export async function findFreePort(andOffset = 0): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(PORTS.min, PORTS.max);
    if ((await isFree(port)) && (andOffset === 0 || (await isFree(port + andOffset)))) return port;
  }
  throw new Error(`no free port was found in ${TRIES_MAX} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
