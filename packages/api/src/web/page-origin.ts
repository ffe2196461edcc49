import type { WebRequest } from './web-request.ts';

type Asker = Pick<WebRequest, 'fetchSite' | 'origin' | 'ownOrigin'>;

/**
 * The CSRF rule (CTL-2): is the page that asks one of ours? A browser says so in Sec-Fetch-Site, which no page can
 * forge. Older ones, and all of them over plain http, send Origin with every POST, which must then be our own. Neither
 * header: no browser of this century, so the answer is no.
 */
export function isFromOwnPage({ fetchSite, origin, ownOrigin }: Asker): boolean {
  if (fetchSite !== undefined) return fetchSite === 'same-origin';
  if (origin === undefined || ownOrigin === null) return false;
  // A proxy that ends TLS and is not trusted leaves us believing in http: its https pages are the same host's.
  return origin === ownOrigin || origin === ownOrigin.replace(/^http:/, 'https:');
}

/** For calls that need no cookie (sign-in): programs may make them, other people's pages may not. */
export function isFromForeignPage(asker: Asker): boolean {
  const isFromPage = asker.fetchSite !== undefined || asker.origin !== undefined;
  return isFromPage && !isFromOwnPage(asker);
}
