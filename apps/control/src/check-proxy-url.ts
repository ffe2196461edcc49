import { isIP } from 'node:net';
import { createOutboundPolicy } from '@tollgate/outbound';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', socks5: '1080' };
const URL_CHARACTERS_MAX = 2048;
/** RFC 1929: a SOCKS5 user name or password has one byte for its length. */
const CREDENTIAL_BYTES_MAX = 255;
/** The WHATWG parser drops these silently, so that what is read is not what was checked by eye. */
// oxlint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\ufeff\\]/u;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/u;

export interface CheckedProxyUrl {
  /** `scheme://[user[:password]@]host:port`, the port always there. */
  href: string;
  /** `scheme://host:port` */
  shown: string;
}

/**
 * What an admin may type as an account's proxy (ACC-7, OPS-6): `http`, `https` or `socks5`, user and password
 * allowed, no path. Rejects with a text for the admin that repeats nothing of the URL. A host name is only judged
 * when it is dialled.
 */
export function createProxyUrlCheck(allow: readonly string[]): (text: string) => Promise<CheckedProxyUrl> {
  const policy = createOutboundPolicy({ allow });
  return async (text) => {
    const { scheme, url } = parseProxyText(text.trim());
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !policy.isAllowedAddress(host)) {
      throw new Error('leads to a private address; TOLLGATE_OUTBOUND_ALLOW lists those that are allowed');
    }
    const shown = `${url.hostname}:${selectPort(text.trim(), scheme)}`;
    const credentials = url.password === '' ? url.username : `${url.username}:${url.password}`;
    return {
      href: `${scheme}://${credentials === '' ? '' : `${credentials}@`}${shown}`,
      shown: `${scheme}://${shown}`,
    };
  };
}

function parseProxyText(text: string): { scheme: string; url: URL } {
  if (text.length > URL_CHARACTERS_MAX) throw new Error('is too long');
  const scheme = /^(https?|socks5):\/\/[^/]/iu.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw new Error('must begin with http://, https:// or socks5://');
  const url = INVISIBLE.test(text) ? null : readAs('http', text);
  if (url === null || url.hostname === '') throw new Error('not a URL');
  // The text, as `http://host/?` has an empty query that `search` does not show.
  if (url.pathname !== '/' || /[?#]/.test(text)) throw new Error('must not have a path, query or fragment');
  if (selectPort(text, scheme) === '0') throw new Error('has a port that cannot be');
  checkCredentials(url);
  return { scheme, url };
}

/** `socks5` is no scheme that the parser knows hosts of: read as http its host is normalised, and judged, too. */
function readAs(scheme: 'http' | 'https', text: string): URL | null {
  const url = text.replace(/^[^:]+/u, scheme);
  return URL.canParse(url) ? new URL(url) : null;
}

/** The parser drops the scheme's own port, so that `:80` and no port look alike: one of two schemes keeps it. */
function selectPort(text: string, scheme: string): string {
  return readAs('http', text)?.port || readAs('https', text)?.port || (DEFAULT_PORTS[scheme] ?? '');
}

/** Both are sent to the proxy as they are once decoded: RFC 7617 has no user name with a colon. */
function checkCredentials({ username, password }: URL): void {
  const [user, secret] = [decode(username), decode(password)];
  if (user === null || secret === null || CONTROL.test(user + secret)) {
    throw new Error('has a user name or password that cannot be read');
  }
  if (user.includes(':')) throw new Error('has a user name with a colon');
  if (user === '' && secret !== '') throw new Error('has a password without a user name');
  if (Buffer.byteLength(user) > CREDENTIAL_BYTES_MAX || Buffer.byteLength(secret) > CREDENTIAL_BYTES_MAX) {
    throw new Error(`has a user name or password of more than ${CREDENTIAL_BYTES_MAX} bytes`);
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
