import { hash } from 'node:crypto';
import { isTextSession, selectSessionId } from '@tollgate/body';
import type { KeyId } from '@tollgate/core';
import type { RequestContext } from './request-context.ts';

/** SESS-1, in the forms that the store takes: bounded, opaque, never what the client wrote. */
export interface RequestSession {
  /** SEL-4: group, key, protocol and session id. */
  stickyName: string;
  /** LIM-7: scoped by key, so that one client cannot ride on another's. Hashed when somebody asks. */
  readonly id: string;
  /** false = only the text is the same: other conversations of the key may begin with it, too. */
  isNamed: boolean;
}

/** null = the request names no session and has no text. Made once for each group that the request tries. */
export function buildRequestSession(context: RequestContext): RequestSession | null {
  const { group } = context.admitted;
  if (context.session?.groupId !== group.id)
    context.session = { groupId: group.id, session: hashSession(context) };
  return context.session.session;
}

function hashSession({ request, parsed, admitted, dialect }: RequestContext): RequestSession | null {
  const token = selectSessionId(parsed.scan.session, request);
  if (token === null) return null;
  const keyId = admitted.key.key.id;
  const stickyName = `${admitted.group.id}\n${keyId}\n${dialect.protocol}\n${token}`;
  return new TokenSession(hash('sha256', stickyName, 'base64url'), keyId, token);
}

class TokenSession implements RequestSession {
  readonly stickyName: string;
  readonly isNamed: boolean;
  readonly #keyId: KeyId;
  readonly #token: string;

  constructor(stickyName: string, keyId: KeyId, token: string) {
    this.stickyName = stickyName;
    this.isNamed = !isTextSession(token);
    this.#keyId = keyId;
    this.#token = token;
  }

  get id(): string {
    return hash('sha256', `${this.#keyId}\n${this.#token}`, 'base64url');
  }
}
