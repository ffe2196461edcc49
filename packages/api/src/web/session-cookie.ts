import type { WebRequest } from './web-request.ts';

const NAME = 'tollgate_session';
/** 32 bytes in base64url. */
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/**
 * `__Host-`: the browser takes it over https alone, from this host alone, so that neither a neighbour's page nor
 * somebody on the line can plant a session.
 */
function getName(isHttps: boolean): string {
  return isHttps ? `__Host-${NAME}` : NAME;
}

/** The session's token; null = none. Two cookies of the name are none: one of them is planted. */
export function readSessionCookie({
  cookie = '',
  isHttps,
}: Pick<WebRequest, 'cookie' | 'isHttps'>): string | null {
  const name = `${getName(isHttps)}=`;
  const values = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(name))
    .map((pair) => pair.slice(name.length));
  const [value = ''] = values;
  return values.length === 1 && VALUE.test(value) ? value : null;
}

/** The Set-Cookie header; an empty token with 0 s takes the cookie away. */
export function buildSessionCookie(token: string, lifeMs: number, isHttps: boolean): string {
  const maxAgeS = Math.floor(lifeMs / 1_000);
  const attributes = `Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict`;
  return `${getName(isHttps)}=${token}; ${attributes}${isHttps ? '; Secure' : ''}`;
}
