import { hash } from 'node:crypto';
import { selectSessionId } from '@tollgate/body';
import type { RequestContext } from './request-context.ts';

/** SESS-1, in the forms that the store takes: bounded, opaque, never what the client wrote. */
export interface RequestSession {
  /** SEL-4: group, key, protocol and session id. */
  stickyName: string;
  /** LIM-7: scoped by key, so that one client cannot ride on another's. */
  id: string;
}

/** null = the request names no session and has no text. */
export function buildRequestSession(context: RequestContext): RequestSession | null {
  const { request, parsed, admitted } = context;
  const token = selectSessionId({ scan: parsed.scan, header: (name) => request.header(name) });
  if (token === null) return null;
  const keyId = admitted.key.key.id;
  return {
    stickyName: hash('sha256', `${admitted.group.id}\n${keyId}\nmessages\n${token}`, 'base64url'),
    id: hash('sha256', `${keyId}\n${token}`, 'base64url'),
  };
}
