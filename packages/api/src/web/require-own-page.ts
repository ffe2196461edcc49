import { TRPCError } from '@trpc/server';
import { isFromForeignPage, isFromOwnPage } from './page-origin.ts';
import type { WebRequest } from './web-request.ts';

/** For what a cookie authenticates. Throws FORBIDDEN. */
export function requireOwnPage(web: WebRequest | null): void {
  if (web === null || !isFromOwnPage(web)) throw buildForeignPage();
}

/**
 * For what makes a cookie: a foreign page must not sign somebody in as somebody else, and an answer whose head is
 * gone cannot carry the cookie. Throws FORBIDDEN, PRECONDITION_FAILED.
 */
export function requireCookieRoom(web: WebRequest | null): WebRequest {
  if (web === null || !web.canSetHeaders()) {
    const message = 'Sign-in sets a cookie: call it alone, not in a streamed batch.';
    throw new TRPCError({ code: 'PRECONDITION_FAILED', message });
  }
  if (isFromForeignPage(web)) throw buildForeignPage();
  return web;
}

function buildForeignPage(): TRPCError {
  const message = 'This call came from another page than the control plane’s own (Origin, Sec-Fetch-Site).';
  return new TRPCError({ code: 'FORBIDDEN', message });
}
