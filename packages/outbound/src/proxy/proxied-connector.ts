import type { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import type { ConnectorOptions } from '../guarded-connector.ts';
import { ForbiddenAddressError } from '../guarded-lookup.ts';
import { openGuardedSocket } from '../guarded-socket.ts';
import { isForbiddenTarget, type AddressRules } from './is-forbidden-target.ts';
import { openTunnel } from './open-tunnel.ts';
import { parseProxyUrl, type ProxyAddress } from './parse-proxy-url.ts';
import { mapProxyFault, ProxyError } from './proxy-error.ts';

const KEEP_ALIVE_MS = 60_000;

/**
 * Opens sockets for undici through a proxy (ACC-7). `timeoutMs` bounds all of it: the proxy's address, its
 * certificate, its handshake, the target's certificate. The proxy is dialled at an address that was checked. The
 * target is not: the proxy resolves its name. So of the target only what shows by itself is refused: a literal
 * address, or `localhost`, that could not be dialled directly either (OPS-6).
 */
export function createProxiedConnector(
  rules: AddressRules,
  { proxyUrl, timeoutMs, ca, resolveAll }: ConnectorOptions & { proxyUrl: string },
): buildConnector.connector {
  const proxy = parseProxyUrl(proxyUrl);
  const trusted = ca === undefined ? {} : { ca };
  // Its own limit is off: one limit for all steps, below.
  const startTls = buildConnector({ allowH2: false, timeout: 0, ...trusted });
  const dialProxy = ({ scheme, host, port }: ProxyAddress): Socket =>
    openGuardedSocket(rules, {
      isTls: scheme === 'https',
      host,
      port,
      ...trusted,
      ...(resolveAll === undefined ? {} : { resolveAll }),
    });
  return (options, callback) => {
    const refusal = findRefusal(rules, proxy, options.hostname);
    // Later, as a connection's failure would be: callers do not expect it inside their own call.
    if (proxy === null || refusal !== null) {
      queueMicrotask(() => callback(refusal ?? NO_PROXY, null));
      return;
    }
    const dial = new ProxyDial(dialProxy(proxy), timeoutMs, callback);
    dial.run(proxy, options, startTls);
  };
}

/** One connection on its way; ends with exactly one call of the callback. */
class ProxyDial {
  readonly #socket: Socket;
  readonly #callback: buildConnector.Callback;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(socket: Socket, timeoutMs: number, callback: buildConnector.Callback) {
    this.#socket = socket;
    this.#callback = callback;
    // For good: a tunnel that breaks under its TLS is told by the TLS socket, and must not end the process.
    socket.on('error', () => {});
    this.#timer = setTimeout(
      () => this.#fail(new errors.ConnectTimeoutError(`no connection through the proxy in ${timeoutMs} ms`)),
      timeoutMs,
    );
    this.#timer.unref();
  }

  run(proxy: ProxyAddress, options: buildConnector.Options, startTls: buildConnector.connector): void {
    const isTls = options.protocol === 'https:';
    const target = { host: options.hostname, port: Number(options.port) || (isTls ? 443 : 80) };
    openTunnel(this.#socket, proxy, target).then(
      () => (isTls ? this.#startTls(options, startTls) : this.#finish(this.#socket)),
      (fault: unknown) => this.#fail(fault instanceof ForbiddenAddressError ? fault : mapProxyFault(fault)),
    );
  }

  #startTls(options: buildConnector.Options, startTls: buildConnector.connector): void {
    if (this.#isOver) return;
    // undici says nothing of a socket where there is an error.
    startTls({ ...options, httpSocket: this.#socket }, (...[error, socket]) =>
      error === null ? this.#finish(socket) : this.#fail(error),
    );
  }

  #finish(socket: Socket): void {
    if (!this.#end()) return;
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    this.#callback(null, socket);
  }

  #fail(error: Error): void {
    if (!this.#end()) return;
    this.#socket.destroy();
    this.#callback(error, null);
  }

  /** False when it had ended before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    return true;
  }
}

const NO_PROXY = new ProxyError('the URL of the proxy cannot be read');

function findRefusal(rules: AddressRules, proxy: ProxyAddress | null, hostname: string): Error | null {
  if (proxy === null) return NO_PROXY;
  return isForbiddenTarget(rules, hostname) ? new ForbiddenAddressError(hostname) : null;
}
