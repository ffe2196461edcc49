import { OWN_HEADERS } from '../own-headers.ts';
import type { UpstreamRequest } from '../port.ts';
import { isToken } from './header-names.ts';

/** A space or line end in a path, or in a value, would be the start of another header or request. */
const BAD_IN_PATH = /[^\u0021-\u007e]/u;
// oxlint-disable-next-line no-control-regex
const BAD_IN_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/u;
const NAMES_MAX = 512;

/** Whether a header with this name is sent: callers use the same few over and over. */
const sent = new Map<string, boolean>();

/** The head of a request, to be written as latin1; null when it cannot be written without changing its meaning. */
export function buildRequestHead(request: UpstreamRequest, authority: string): string | null {
  const { method, path, headers, body } = request;
  if (!path.startsWith('/') || BAD_IN_PATH.test(path)) return null;
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n`;
  for (const name of Object.keys(headers)) {
    const isSent = sent.get(name) ?? learnName(name);
    if (isSent === null) return null;
    if (!isSent) continue;
    const value = headers[name] ?? '';
    if (BAD_IN_VALUE.test(value)) return null;
    head += `${name}: ${value}\r\n`;
  }
  // RFC 9110 §8.6: a POST says its length even when it is 0.
  if (body !== null || method === 'POST') head += `content-length: ${body?.length ?? 0}\r\n`;
  return `${head}\r\n`;
}

function learnName(name: string): boolean | null {
  if (!isToken(name)) return null;
  const isSent = !OWN_HEADERS.has(name.toLowerCase());
  if (sent.size >= NAMES_MAX) sent.clear();
  sent.set(name, isSent);
  return isSent;
}
