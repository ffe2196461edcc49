import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ForbiddenAddressError, type ResolveAll } from '../guarded-lookup.ts';
import { isForbiddenTarget, type AddressRules } from '../proxy/is-forbidden-target.ts';
import { openTunnel } from '../proxy/open-tunnel.ts';
import { parseProxyUrl, type ProxyAddress } from '../proxy/parse-proxy-url.ts';
import { timeStep, type StepLimits, type StepProblem, type TimedStep } from './timed-step.ts';

export type DialStepName = 'resolve' | 'guard' | 'connect' | 'proxy' | 'tls';

export interface DialStep {
  name: DialStepName;
  ms: number;
  problem: StepProblem | null;
  /** What came of it, for an operator: addresses, the version of TLS. Empty = nothing to say. */
  detail: string;
}

export interface DialOptions {
  /** As `parseUpstreamUrl` reads it. */
  url: URL;
  /** null = direct. */
  proxyUrl: string | null;
  /** Of each step. */
  stepTimeoutMs: number;
  signal: AbortSignal;
  /** PEM; for tests and private authorities. */
  ca?: string;
  /** For tests. */
  resolveAll?: ResolveAll;
}

/**
 * Connects as the guard does (OPS-6), but step by step, each with its time: an operator sees which one fails. Through
 * a proxy the first steps are those to the proxy. Ends after the first step that failed, or returns the socket, which
 * is then the caller's to destroy.
 */
export async function* dialInSteps(
  rules: AddressRules,
  options: DialOptions,
): AsyncGenerator<DialStep, Socket | null, void> {
  const dial = new Dial(rules, options);
  try {
    for (const [name, run] of dial.steps()) {
      const { problem, ms, value = '' } = await run();
      yield { name, ms, problem, detail: value };
      if (problem !== null) return null;
    }
    return dial.release();
  } finally {
    dial.destroy();
  }
}

type Run = () => Promise<TimedStep<string>>;

class Dial {
  readonly #rules: AddressRules;
  readonly #options: DialOptions;
  readonly #limits: StepLimits;
  readonly #proxy: ProxyAddress | null;
  readonly #host: string;
  readonly #isTls: boolean;
  readonly #port: number;
  #addresses: LookupAddress[] = [];
  #socket: Socket | null = null;

  constructor(rules: AddressRules, options: DialOptions) {
    const { url, proxyUrl, stepTimeoutMs, signal } = options;
    this.#rules = rules;
    this.#options = options;
    this.#limits = { timeoutMs: stepTimeoutMs, signal };
    this.#proxy = proxyUrl === null ? null : parseProxyUrl(proxyUrl);
    this.#host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    this.#isTls = url.protocol === 'https:';
    this.#port = Number(url.port) || (this.#isTls ? 443 : 80);
  }

  *steps(): Generator<[DialStepName, Run]> {
    yield ['resolve', this.#timed(() => this.#resolve())];
    yield ['guard', this.#timed(() => this.#guard())];
    yield ['connect', this.#timed(() => this.#connect())];
    if (this.#proxy !== null) yield ['proxy', this.#timed(() => this.#tunnel())];
    if (this.#isTls) yield ['tls', this.#timed(() => this.#startTls(this.#host, this.#options.ca ?? null))];
  }

  /** The socket is no longer ours to destroy. */
  release(): Socket | null {
    const socket = this.#socket;
    this.#socket = null;
    return socket;
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  get #dialled(): { host: string; port: number } {
    return this.#proxy ?? { host: this.#host, port: this.#port };
  }

  #timed(work: () => Promise<string>): Run {
    return () => timeStep(this.#limits, work);
  }

  async #resolve(): Promise<string> {
    const { host } = this.#dialled;
    const family = isIP(host);
    this.#addresses = family === 0 ? await this.#lookUp(host) : [{ address: host, family }];
    return this.#addresses.map(({ address }) => address).join(', ');
  }

  #lookUp(host: string): Promise<LookupAddress[]> {
    const resolveAll = this.#options.resolveAll ?? systemLookup;
    return new Promise((resolve, reject) => {
      resolveAll(host, { all: true }, (fault, addresses) =>
        fault === null ? resolve(addresses) : reject(fault),
      );
    });
  }

  async #guard(): Promise<string> {
    const { host } = this.#dialled;
    if (this.#proxy !== null && isForbiddenTarget(this.#rules, this.#host))
      throw new ForbiddenAddressError(this.#host);
    this.#addresses = this.#addresses.filter(({ address }) => this.#rules.isAllowedAddress(address));
    if (this.#addresses.length === 0) throw new ForbiddenAddressError(host);
    return `${this.#addresses.length} allowed`;
  }

  /** Dials only what the guard left, whatever the name says by now. */
  async #connect(): Promise<string> {
    const addresses = this.#addresses;
    const socket = connectPlain({
      ...this.#dialled,
      lookup: (_host, { all }, done) => {
        const [first] = addresses;
        if (all === true) done(null, addresses);
        else done(null, first?.address ?? '', first?.family);
      },
    });
    this.#take(socket);
    await waitFor(socket, 'connect');
    socket.setNoDelay(true);
    return socket.remoteAddress ?? '';
  }

  async #tunnel(): Promise<string> {
    const proxy = this.#proxy;
    if (proxy === null || this.#socket === null) return '';
    if (proxy.scheme === 'https') await this.#startTls(proxy.host, this.#options.ca ?? null);
    await openTunnel(this.#socket, proxy, { host: this.#host, port: this.#port });
    return `${proxy.scheme} proxy`;
  }

  async #startTls(host: string, ca: string | null): Promise<string> {
    if (this.#socket === null) return '';
    // RFC 6066 §3: no literal addresses in SNI. The certificate is checked against `host` either way.
    const names = isIP(host) === 0 ? { servername: host } : {};
    const trusted = ca === null ? {} : { ca };
    const socket: TLSSocket = connectTls({
      socket: this.#socket,
      host,
      ...names,
      ...trusted,
      ALPNProtocols: ['http/1.1'],
    });
    this.#take(socket);
    await waitFor(socket, 'secureConnect');
    return socket.getProtocol() ?? '';
  }

  #take(socket: Socket): void {
    // A fault between two steps is told by the next one; it must not end the process.
    socket.on('error', () => {});
    this.#socket = socket;
  }
}

function waitFor(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}
