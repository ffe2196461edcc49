import { Client, type Dispatcher } from 'undici';
import type { ResolveAll } from './guarded-lookup.ts';
import type { OutboundPolicy } from './outbound-policy.ts';
import type { UpstreamUrlProblem } from './parse-upstream-url.ts';

export interface GuardedRequest {
  method: 'GET' | 'POST';
  /** `https://host[:port]/path`, as an operator typed it. */
  url: string;
  /** Its query, and a slash at its end, are part of it. Else it is a base URL, which has no query. */
  isWholeUrl?: boolean;
  headers: Record<string, string>;
  body: string | null;
  /** ACC-7; null = direct. */
  proxyUrl: string | null;
  /** For all of it, from the look-up to the last byte. */
  timeoutMs: number;
  /** A longer answer is a fault. */
  answerBytesMax: number;
  /** PEM; for tests and private authorities. */
  ca?: string;
  /** For tests. */
  resolveAll?: ResolveAll;
}

export interface GuardedAnswer {
  status: number;
  /** Lower-case names; of repeated headers the first. */
  headers: Record<string, string>;
  body: Buffer;
}

/** What kept an answer away. The text names no address and holds nothing of the request. */
export class GuardedRequestError extends Error {
  override readonly name = 'GuardedRequestError';
}

/**
 * One request to a URL that an operator can type (OPS-6), on a connection of its own. A redirect is an answer like any
 * other: it is never followed, so that there is nothing to re-check. Rejects with GuardedRequestError.
 */
export async function sendGuardedRequest(
  policy: OutboundPolicy,
  request: GuardedRequest,
): Promise<GuardedAnswer> {
  const { origin, path } = readTarget(policy, request);
  const { timeoutMs, proxyUrl, ca, resolveAll } = request;
  const given = { ...(ca === undefined ? {} : { ca }), ...(resolveAll === undefined ? {} : { resolveAll }) };
  const client = new Client(origin, {
    connect: policy.createConnector({ timeoutMs, proxyUrl, ...given }),
    allowH2: false,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await readAnswer(await send(client, request, path, signal), request);
  } catch (fault) {
    if (fault instanceof GuardedRequestError) throw fault;
    const what = signal.aborted ? `no answer within ${timeoutMs} ms` : `no answer: ${describeCode(fault)}`;
    throw new GuardedRequestError(what, { cause: fault });
  } finally {
    await client.destroy();
  }
}

function buildRefusal(problem: UpstreamUrlProblem): GuardedRequestError {
  return new GuardedRequestError(`the address is refused: ${problem}`);
}

function readTarget(policy: OutboundPolicy, request: GuardedRequest): { origin: string; path: string } {
  if (request.isWholeUrl === true) {
    const whole = policy.parseWholeUrl(request.url);
    if (!whole.ok) throw buildRefusal(whole.problem);
    return { origin: whole.url.origin, path: whole.url.pathname + whole.url.search };
  }
  const parsed = policy.parseUpstreamUrl(request.url);
  if (!parsed.ok) throw buildRefusal(parsed.problem);
  return { origin: parsed.url.origin, path: parsed.url.basePath || '/' };
}

function send(
  client: Client,
  { method, headers, body }: GuardedRequest,
  path: string,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  return client.request({ method, path, headers, body, signal });
}

async function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { answerBytesMax }: GuardedRequest,
): Promise<GuardedAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new GuardedRequestError('the answer is too large');
    chunks.push(chunk);
  }
  return { status: statusCode, headers: mapHeaders(headers), body: Buffer.concat(chunks) };
}

function mapHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const mapped: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) mapped[name] = first;
  }
  return mapped;
}

/** Node's messages name addresses: the code says enough. */
function describeCode(fault: unknown): string {
  return fault instanceof Error && 'code' in fault && typeof fault.code === 'string'
    ? fault.code
    : 'the connection failed';
}
