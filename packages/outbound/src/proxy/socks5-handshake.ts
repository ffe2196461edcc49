import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ProxyError } from './proxy-error.ts';
import type { ProxyCredentials } from './parse-proxy-url.ts';

export interface Socks5Target {
  /** A name, which the proxy resolves, or an IP literal without brackets. */
  host: string;
  port: number;
}

/** What comes of the bytes so far: wait, send these, or go: `rest` belongs to the target already. */
export type Socks5Step =
  | { kind: 'wait' }
  | { kind: 'send'; bytes: Buffer }
  | { kind: 'done'; rest: Buffer }
  | { kind: 'failed'; error: ProxyError };

const VERSION = 5;
const AUTH_VERSION = 1;
const METHOD_NONE = 0;
const METHOD_PASSWORD = 2;
const COMMAND_CONNECT = 1;
const ADDRESS_V4 = 1;
const ADDRESS_NAME = 3;
const ADDRESS_V6 = 4;
const PORT_BYTES = 2;
/** RFC 1928 §6: VER, REP, RSV, ATYP, and the first byte of the address, which may be a length. */
const REPLY_HEAD_BYTES = 5;
const TEXT_BYTES_MAX = 255;
const WAIT: Socks5Step = { kind: 'wait' };

/** RFC 1928 §6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'command not supported',
  8: 'address type not supported',
};

/**
 * The client's side of RFC 1928 (CONNECT) with RFC 1929, without I/O: send `greeting`, then do what `push` says
 * of each piece that comes. Whatever the cut of the bytes, the steps come to the same.
 */
export class Socks5Handshake {
  readonly greeting: Buffer;
  readonly #credentials: ProxyCredentials | null;
  readonly #target: Socks5Target;
  #read: (bytes: Buffer) => { step: Socks5Step; used: number } = this.#readMethod;
  #pending = Buffer.alloc(0);

  constructor(target: Socks5Target, credentials: ProxyCredentials | null) {
    this.#target = target;
    this.#credentials = credentials;
    const methods = credentials === null ? [METHOD_NONE] : [METHOD_NONE, METHOD_PASSWORD];
    this.greeting = Buffer.from([VERSION, methods.length, ...methods]);
  }

  /** Not to be called again after `done` or `failed`. */
  push(chunk: Buffer): Socks5Step {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const { step, used } = this.#read(this.#pending);
    this.#pending = this.#pending.subarray(used);
    // A proxy that speaks before it is spoken to is none; but a cut may also lie behind a whole answer.
    if (step.kind === 'send' && this.#pending.length > 0) return fail('it speaks out of turn');
    return step;
  }

  #readMethod(bytes: Buffer): { step: Socks5Step; used: number } {
    const [version, method] = bytes;
    if (version !== undefined && version !== VERSION) return { step: fail('it is no SOCKS5 proxy'), used: 0 };
    if (method === undefined) return { step: WAIT, used: 0 };
    if (method === METHOD_NONE) return { step: this.#askConnect(), used: 2 };
    if (method === METHOD_PASSWORD && this.#credentials !== null) {
      this.#read = this.#readAuth;
      return { step: buildAuth(this.#credentials), used: 2 };
    }
    return { step: fail('it takes none of our ways to sign in'), used: 2 };
  }

  #readAuth(bytes: Buffer): { step: Socks5Step; used: number } {
    const [version, status] = bytes;
    if (version === undefined || status === undefined) return { step: WAIT, used: 0 };
    if (version !== AUTH_VERSION) return { step: fail('it is no SOCKS5 proxy'), used: 0 };
    return { step: status === 0 ? this.#askConnect() : fail('it refused user name and password'), used: 2 };
  }

  #askConnect(): Socks5Step {
    const address = encodeAddress(this.#target.host);
    if (address === null) return fail('the name of the target is too long for it');
    this.#read = readReply;
    const port = Buffer.alloc(PORT_BYTES);
    port.writeUInt16BE(this.#target.port);
    const bytes = Buffer.concat([Buffer.from([VERSION, COMMAND_CONNECT, 0]), address, port]);
    return { kind: 'send', bytes };
  }
}

function readReply(bytes: Buffer): { step: Socks5Step; used: number } {
  const [version, reply, , type, length] = bytes;
  if (version !== undefined && version !== VERSION) return { step: fail('it is no SOCKS5 proxy'), used: 0 };
  // Some proxies close behind a refusal that is cut short: its code is all that is needed.
  if (reply !== undefined && reply !== 0) {
    return { step: fail(`it answered: ${REPLIES[reply] ?? `code ${reply}`}`), used: 0 };
  }
  if (type === undefined || length === undefined) return { step: WAIT, used: 0 };
  const bytesAll = measureReply(type, length);
  if (bytesAll === null) return { step: fail('it is no SOCKS5 proxy'), used: 0 };
  if (bytes.length < bytesAll) return { step: WAIT, used: 0 };
  return { step: { kind: 'done', rest: bytes.subarray(bytesAll) }, used: bytes.length };
}

/** null = no type of address that there is. */
function measureReply(type: number, length: number): number | null {
  const head = REPLY_HEAD_BYTES - 1;
  if (type === ADDRESS_V4) return head + 4 + PORT_BYTES;
  if (type === ADDRESS_V6) return head + 16 + PORT_BYTES;
  return type === ADDRESS_NAME ? head + 1 + length + PORT_BYTES : null;
}

/** RFC 1928 §5; null = longer than its length byte can say. */
function encodeAddress(host: string): Buffer | null {
  if (isIPv4(host)) return Buffer.from([ADDRESS_V4, ...ipaddr.IPv4.parse(host).toByteArray()]);
  if (isIPv6(host)) return Buffer.from([ADDRESS_V6, ...ipaddr.IPv6.parse(host).toByteArray()]);
  const name = Buffer.from(host);
  if (name.length === 0 || name.length > TEXT_BYTES_MAX) return null;
  return Buffer.concat([Buffer.from([ADDRESS_NAME, name.length]), name]);
}

/** RFC 1929 §2. */
function buildAuth({ username, password }: ProxyCredentials): Socks5Step {
  const [user, secret] = [Buffer.from(username), Buffer.from(password)];
  if (user.length > TEXT_BYTES_MAX || secret.length > TEXT_BYTES_MAX) {
    return fail('user name or password are too long for it');
  }
  const head = Buffer.from([AUTH_VERSION, user.length]);
  return { kind: 'send', bytes: Buffer.concat([head, user, Buffer.from([secret.length]), secret]) };
}

function fail(what: string): Socks5Step {
  return { kind: 'failed', error: new ProxyError(`the proxy cannot be used: ${what}`) };
}
