/** What a header of an answer means to the connection; most mean nothing to it. */
export type HeaderRole = 'plain' | 'content-length' | 'transfer-encoding' | 'connection' | 'keep-alive';

export interface HeaderName {
  /** Lower case. */
  name: string;
  role: HeaderRole;
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const NAMES_MAX = 512;

const ROLES: Record<string, HeaderRole> = {
  'content-length': 'content-length',
  'transfer-encoding': 'transfer-encoding',
  connection: 'connection',
  'keep-alive': 'keep-alive',
};

/** Names as they came, checked and in lower case: upstreams send the same few over and over. */
const known = new Map<string, HeaderName>();

/** null = no token. */
export function findHeaderName(raw: string): HeaderName | null {
  return known.get(raw) ?? learnName(raw);
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

function learnName(raw: string): HeaderName | null {
  if (!isToken(raw)) return null;
  const name = raw.toLowerCase();
  const found: HeaderName = { name, role: Object.hasOwn(ROLES, name) ? (ROLES[name] ?? 'plain') : 'plain' };
  // An upstream that invents names must not fill the memory.
  if (known.size >= NAMES_MAX) known.clear();
  // A copy, as a slice would keep the whole head that it was cut from.
  known.set(Buffer.from(raw, 'latin1').toString('latin1'), found);
  return found;
}
