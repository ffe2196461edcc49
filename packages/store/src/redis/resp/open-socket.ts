import { connect as connectTcp, isIP } from 'node:net';
import type { NetConnectOpts, OnReadOpts, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisAddress } from './parse-redis-url.ts';

const READ_BYTES = 64 * 1024;
/** Finds a dead peer of an idle connection; one with calls is watched by their time limits. */
const KEEP_ALIVE_AFTER_MS = 5_000;

/**
 * Opens a TCP, TLS or unix socket, without Nagle's delay. `onOpen` is called once bytes pass: with TLS after the
 * certificate was checked against the host. All reads go into one buffer, so `onBytes` must not keep its argument.
 */
export function openSocket(
  address: RedisAddress,
  { onOpen, onBytes }: { onOpen(): void; onBytes(bytes: Buffer): void },
): Socket {
  const { host, port, path, family } = address;
  const onread = buildReader(onBytes);
  const options: NetConnectOpts = path === null ? { host, port, family, onread } : { path, onread };
  const socket = address.isTls
    ? connectTls({ ...options, ...(isIP(host) === 0 && { servername: host }) })
    : connectTcp(options);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
  return socket.once(address.isTls ? 'secureConnect' : 'connect', onOpen);
}

function buildReader(onBytes: (bytes: Buffer) => void): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  return {
    buffer,
    callback: (bytesRead) => {
      onBytes(buffer.subarray(0, bytesRead));
      return true;
    },
  };
}
