import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import { isInAddressList, normalizeAddress, selectClientAddress } from '@tollgate/config';

/** What sign-in needs of the HTTP request around a call, and of its answer. */
export interface WebRequest {
  /** The client's, as far as proxies are trusted. */
  readonly address: string;
  /** At most {@link USER_AGENT_CHARACTERS_MAX} characters. */
  readonly userAgent: string;
  /** The Cookie header. */
  readonly cookie: string | undefined;
  /** The Origin header: which page asks. Programs send none. */
  readonly origin: string | undefined;
  /** The Sec-Fetch-Site header: how that page stands to this server. */
  readonly fetchSite: string | undefined;
  /** `https://host[:port]` that the client has dialled; null = its Host header is no host. */
  readonly ownOrigin: string | null;
  readonly isHttps: boolean;
  /** False = the head of the answer is on its way already, so that headers come too late. */
  canSetHeaders(): boolean;
  setHeader(name: string, value: string): void;
}

export interface WebOptions {
  /** Whose X-Forwarded-… headers are believed. */
  trustedProxies: BlockList;
  /** Where persons reach the control plane; null = where the request says. */
  publicUrl: string | null;
}

const USER_AGENT_CHARACTERS_MAX = 200;

export function readWebRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: WebOptions,
): WebRequest {
  const { headers } = request;
  const socketAddress = normalizeAddress(request.socket.remoteAddress ?? '');
  const isProxied = isInAddressList(options.trustedProxies, socketAddress);
  const forwardedFor = joinLines(headers['x-forwarded-for']);
  const scheme = isProxied ? selectLast(headers['x-forwarded-proto']) : undefined;
  const host = (isProxied ? selectLast(headers['x-forwarded-host']) : undefined) ?? headers.host ?? '';
  const isHttps = options.publicUrl?.startsWith('https://') ?? scheme === 'https';
  return {
    address: selectClientAddress(socketAddress, forwardedFor, options.trustedProxies),
    userAgent: clean(headers['user-agent'] ?? ''),
    cookie: headers.cookie,
    origin: headers.origin,
    fetchSite: joinLines(headers['sec-fetch-site']) || undefined,
    ownOrigin: buildOrigin(options.publicUrl ?? `${isHttps ? 'https' : 'http'}://${host}`),
    isHttps,
    canSetHeaders: () => !response.headersSent,
    setHeader: (name, value) => void response.setHeader(name, value),
  };
}

function joinLines(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** The entry of the proxy next to us; those before it came from further away. */
function selectLast(value: string | string[] | undefined): string | undefined {
  return joinLines(value).split(',').at(-1)?.trim() || undefined;
}

/** Postgres cannot store NUL, and nobody needs the other control characters. */
function clean(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').slice(0, USER_AGENT_CHARACTERS_MAX);
}

function buildOrigin(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}
