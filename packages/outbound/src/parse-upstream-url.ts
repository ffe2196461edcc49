export interface UpstreamUrl {
  /** `https://host[:port]`, lower case, punycode, IP forms normalised. */
  origin: string;
  /** Without brackets. */
  hostname: string;
  /** '' or `/prefix`, no trailing slash. */
  basePath: string;
  /** origin + basePath: what is stored. */
  href: string;
}

export type UpstreamUrlProblem =
  | 'not-a-url'
  | 'scheme'
  | 'credentials'
  | 'query-or-fragment'
  | 'port'
  | 'too-long'
  | 'forbidden-address';

export type ParsedUpstreamUrl = { ok: true; url: UpstreamUrl } | { ok: false; problem: UpstreamUrlProblem };

export type ParsedWholeUrl = { ok: true; url: URL } | { ok: false; problem: UpstreamUrlProblem };

const URL_CHARS_MAX = 2048;
/** The WHATWG parser drops these silently, so that what is read is not what was checked by eye. */
// oxlint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\ufeff]/u;

/** Reads the base URL of an upstream as an operator typed it. Looks at the text only, not at addresses. */
export function parseUrlText(text: string): ParsedUpstreamUrl {
  const read = readUrl(text);
  if ('problem' in read) return { ok: false, problem: read.problem };
  // The text, as `https://host/?` has an empty query that `search` does not show.
  if (/[?#]/u.test(text)) return { ok: false, problem: 'query-or-fragment' };
  return { ok: true, url: buildUpstreamUrl(read.url) };
}

/** A URL that is asked for as it is: its query may hold a token, a fragment would never be sent. */
export function parseWholeUrlText(text: string): ParsedWholeUrl {
  const read = readUrl(text);
  if ('problem' in read) return { ok: false, problem: read.problem };
  return text.includes('#') ? { ok: false, problem: 'query-or-fragment' } : { ok: true, url: read.url };
}

/** The same for a whole URL, of a picture or a redirect: it may have a query; a fragment is never sent. */
export function readUrl(text: string): { url: URL } | { problem: UpstreamUrlProblem } {
  if (text.length > URL_CHARS_MAX) return { problem: 'too-long' };
  const trimmed = text.trim();
  if (INVISIBLE.test(trimmed) || trimmed.includes('\\')) return { problem: 'not-a-url' };
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (url === null) return { problem: 'not-a-url' };
  const problem = findProblem(trimmed, url);
  return problem === null ? { url } : { problem };
}

function findProblem(text: string, url: URL): UpstreamUrlProblem | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'scheme';
  // `https:example.com` is read as `https://example.com`: nobody means that.
  if (!/^https?:\/\/[^/]/iu.test(text)) return 'not-a-url';
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/iu.test(text)) return 'credentials';
  return url.port === '0' ? 'port' : null;
}

function buildUpstreamUrl(url: URL): UpstreamUrl {
  const basePath = url.pathname.replace(/\/+$/u, '');
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { origin: url.origin, hostname, basePath, href: url.origin + basePath };
}
