import { request as requestHttp } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { ProxyAddress, ProxyCredentials } from './parse-proxy-url.ts';
import { ProxyError } from './proxy-error.ts';
import { Socks5Handshake, type Socks5Step, type Socks5Target } from './socks5-handshake.ts';

/**
 * Makes a connection to `target` out of one to the proxy, which may still be on its way. Rejects with ProxyError, and
 * with the guard's own error where that refused the proxy. Without a time limit: destroy the socket to end it.
 */
export function openTunnel(socket: Socket, proxy: ProxyAddress, target: Socks5Target): Promise<void> {
  return proxy.scheme === 'socks5'
    ? negotiateSocks5(socket, new Socks5Handshake(target, proxy.credentials))
    : requestConnect(socket, target, proxy.credentials);
}

/** RFC 9110 §9.3.6. */
function requestConnect(
  socket: Socket,
  target: Socks5Target,
  credentials: ProxyCredentials | null,
): Promise<void> {
  const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`;
  const authorization = credentials === null ? {} : { 'proxy-authorization': encodeBasic(credentials) };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = requestHttp({
    method: 'CONNECT',
    path: authority,
    setHost: false,
    headers: { host: authority, ...authorization },
    createConnection: () => socket,
  });
  request.on('error', reject);
  request.on('connect', ({ statusCode = 0 }, _socket, head) => {
    if (statusCode < 200 || statusCode > 299) {
      return reject(new ProxyError(`the proxy answered CONNECT with ${statusCode}`));
    }
    if (head.length > 0) socket.unshift(head);
    return resolve();
  });
  request.end();
  return promise;
}

/** RFC 7617: the user name has no colon, which was checked where it was typed. */
function encodeBasic({ username, password }: ProxyCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function negotiateSocks5(socket: Socket, handshake: Socks5Handshake): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const listen = (chunk: Buffer): void => take(handshake.push(chunk));
  const fail = (error: Error): void => reject(error);
  const close = (): void => reject(new ProxyError('the proxy hung up'));
  const take = (step: Socks5Step): void => {
    if (step.kind === 'send') socket.write(step.bytes);
    else if (step.kind === 'failed') reject(step.error);
    else if (step.kind === 'done') {
      socket.off('data', listen).off('error', fail).off('close', close).off('end', close);
      // Nothing may be read, and lost, before the next owner listens.
      socket.pause();
      if (step.rest.length > 0) socket.unshift(step.rest);
      resolve();
    }
  };
  socket.on('data', listen).on('error', fail).on('close', close).on('end', close);
  socket.write(handshake.greeting);
  return promise;
}
