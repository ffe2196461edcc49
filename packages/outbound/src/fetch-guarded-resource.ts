import { Client, type Dispatcher } from 'undici';
import { FORBIDDEN_CODE, type ResolveAll } from './guarded-lookup.ts';
import type { OutboundPolicy } from './outbound-policy.ts';
import { readUrl, type UpstreamUrlProblem } from './parse-upstream-url.ts';

export interface ResourceLimits {
  /** A longer body is refused, by what it declares where it does, else as soon as it is too long. */
  bytesMax: number;
  /** For all of it: look-ups, redirects, the last byte. */
  timeoutMs: number;
  /** Media types in lower case, `image/png` or `image/*`. */
  types: readonly string[];
  /** Ends the work with `aborted`: the client has left. */
  signal?: AbortSignal;
  /** 3; 0 = a redirect is a refusal. */
  redirectsMax?: number;
  /** PEM; for tests and private authorities. */
  ca?: string;
  /** For tests. */
  resolveAll?: ResolveAll;
}

export type GuardedResource =
  | { ok: true; body: Buffer; /** Media type alone, lower case. */ type: string }
  | {
      ok: false;
      reason: ResourceProblem;
      /** For the client: names no address. */
      message: string;
    };

export type ResourceProblem =
  | 'url'
  | 'forbidden-address'
  | 'redirects'
  | 'status'
  | 'type'
  | 'too-large'
  | 'timeout'
  | 'aborted'
  | 'unreachable';

const REDIRECTS_MAX = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const URL_TEXTS: Record<UpstreamUrlProblem, string> = {
  'not-a-url': 'it is no URL',
  scheme: 'it must begin with https:// or http://',
  credentials: 'it must not hold a user name or password',
  'query-or-fragment': 'it must not have a fragment',
  port: 'it has a port that cannot be',
  'too-long': 'it is too long',
  'forbidden-address': 'its address is not allowed',
};

/**
 * GETs what a client's request names by URL (a picture, a document) through the outbound guard (OPS-6). Nothing of the
 * client's goes with it: no cookies, no credentials, no referrer. Each redirect is a new URL that is judged and dialled
 * as the first one was, and none leads from https to http. Expected failures are values; never rejects for them.
 */
export async function fetchGuardedResource(
  policy: OutboundPolicy,
  url: string,
  limits: ResourceLimits,
): Promise<GuardedResource> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const signal = limits.signal ? AbortSignal.any([timeout, limits.signal]) : timeout;
  try {
    return await followHops(policy, url, limits, signal);
  } catch (fault) {
    if (limits.signal?.aborted === true) return refuse('aborted', 'it is no longer wanted');
    if (timeout.aborted) return refuse('timeout', `it did not come within ${limits.timeoutMs} ms`);
    if (isForbidden(fault)) return refuse('forbidden-address', URL_TEXTS['forbidden-address']);
    return refuse('unreachable', 'it cannot be reached');
  }
}

async function followHops(
  policy: OutboundPolicy,
  first: string,
  limits: ResourceLimits,
  signal: AbortSignal,
): Promise<GuardedResource> {
  let text = first;
  let isSecure = false;
  for (let hops = 0; hops <= (limits.redirectsMax ?? REDIRECTS_MAX); hops += 1) {
    const read = readUrl(text);
    if ('problem' in read) return refuse('url', URL_TEXTS[read.problem]);
    const { url } = read;
    if (isSecure && url.protocol !== 'https:') return refuse('redirects', 'it leads from https to http');
    isSecure = url.protocol === 'https:';
    const hop = await askOnce(policy, url, limits, signal);
    if (!('location' in hop)) return hop;
    const next = hop.location === null ? null : URL.parse(hop.location, url.href);
    if (next === null) return refuse('redirects', 'it leads nowhere');
    text = next.href;
  }
  return refuse('redirects', 'it leads on and on');
}

type Hop = GuardedResource | { location: string | null };

async function askOnce(
  policy: OutboundPolicy,
  url: URL,
  limits: ResourceLimits,
  signal: AbortSignal,
): Promise<Hop> {
  const { timeoutMs, ca, resolveAll } = limits;
  const given = { ...(ca === undefined ? {} : { ca }), ...(resolveAll === undefined ? {} : { resolveAll }) };
  const client = new Client(url.origin, {
    connect: policy.createConnector({ timeoutMs, ...given }),
    allowH2: false,
  });
  try {
    const answer = await client.request({
      method: 'GET',
      path: url.pathname + url.search,
      // Compressed, a small answer could become a giant one.
      headers: { accept: limits.types.join(', '), 'accept-encoding': 'identity' },
      signal,
    });
    return await readHop(answer, limits);
  } finally {
    // A body that nobody reads ends with its connection.
    await client.destroy();
  }
}

async function readHop(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  limits: ResourceLimits,
): Promise<Hop> {
  if (REDIRECTS.has(statusCode)) return { location: readFirst(headers['location']) };
  if (statusCode !== 200) return refuse('status', `its server answered ${statusCode}`);
  const type = readFirst(headers['content-type'])?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!limits.types.some((one) => isOfType(type, one)))
    return refuse('type', `it is not ${limits.types.join(' or ')}`);
  const coding = readFirst(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
  if (coding !== 'identity' && coding !== '')
    return refuse('type', 'it comes in a coding that was not asked for');
  const tooLarge = refuse('too-large', `it is larger than ${limits.bytesMax} bytes`);
  if (Number(readFirst(headers['content-length']) ?? 0) > limits.bytesMax) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.bytesMax) return tooLarge;
    chunks.push(chunk);
  }
  return { ok: true, body: Buffer.concat(chunks), type };
}

function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('/*')
    ? type.startsWith(wanted.slice(0, -1)) && type.length >= wanted.length
    : type === wanted;
}

function readFirst(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function refuse(reason: ResourceProblem, message: string): Extract<GuardedResource, { ok: false }> {
  return { ok: false, reason, message };
}

function isForbidden(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === FORBIDDEN_CODE;
}
