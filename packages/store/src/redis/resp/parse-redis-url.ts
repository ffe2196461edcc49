/** Where Redis is and as whom to speak to it. */
export interface RedisAddress {
  /** A name, or an IPv4 or IPv6 address without brackets. Unused when there is a path. */
  host: string;
  port: number;
  /** A unix socket; null = TCP. */
  path: string | null;
  isTls: boolean;
  /** null = Redis's `default` user. */
  username: string | null;
  password: string | null;
  db: number;
  /** 4 or 6 = only this; 0 = either. */
  family: 0 | 4 | 6;
}

const DEFAULT_PORT = 6379;
const DEFAULT_HOST = 'localhost';

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`, `rediss://…` (TLS), `host:port`, a bare port, and
 * `/path/of.sock[?db=n]` (a unix socket), as ioredis does, with which the subscriber reads the same text. Query:
 * `db`, `username`, `password`, `family`, `tls`; others mean nothing here.
 * Throws RangeError; its message never repeats the text, which may hold a password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const isSocket = text.startsWith('/') && !text.startsWith('//');
  const url = parseUrl(isSocket ? `redis://${DEFAULT_HOST}` + text : addProtocol(text));
  const query = url.searchParams;
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || DEFAULT_HOST,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    path: isSocket ? decode(url.pathname) : null,
    isTls: url.protocol === 'rediss:' || query.has('tls'),
    username: decode(url.username) || query.get('username') || null,
    password: decode(url.password) || query.get('password') || null,
    db: parseDb(isSocket ? '' : url.pathname.slice(1), query.get('db')),
    family: parseFamily(query.get('family')),
  };
}

function addProtocol(text: string): string {
  if (/^rediss?:\/\//i.test(text)) return text;
  if (/^\d+$/.test(text)) return `redis://${DEFAULT_HOST}:${text}`;
  return text.startsWith('//') ? `redis:${text}` : `redis://${text}`;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new RangeError('the Redis URL is not a URL');
  return url;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RangeError('the Redis URL has a % that begins no escape');
  }
}

function parseDb(path: string, query: string | null): number {
  const text = path || query || '0';
  if (!/^\d{1,9}$/.test(text)) throw new RangeError('the database in the Redis URL is not a number');
  return Number(text);
}

function parseFamily(text: string | null): RedisAddress['family'] {
  return text === '4' ? 4 : text === '6' ? 6 : 0;
}
