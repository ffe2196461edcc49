import type { Clock, Logger, RequestId } from '@tollgate/core';
import type { Database, SecretKey } from '@tollgate/db';
import type { LiveStore, WindowShape } from '../live/live-store.ts';
import type { PasswordHasher } from '../sign-in/password-hasher.ts';
import type { SessionLife } from '../sign-in/sessions.ts';
import type { WebRequest } from '../web/web-request.ts';
import { loadCaller, type Caller } from './caller.ts';

/** What the procedures need from the process around them; wired once in the control plane. */
export interface ApiServices {
  readonly db: Database;
  /** Seals credentials at rest. */
  readonly secretKey: SecretKey;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly signIn: SignInServices;
  /** The URL in normal form (no trailing slash); rejects with an Error whose text the admin may read. */
  checkUpstreamUrl(text: string): Promise<string>;
  /** The same for an account's proxy; `shown` has neither user nor password. */
  checkProxyUrl(text: string): Promise<ProxyUrl>;
  /** What nodes share; null = this process has no store of theirs. */
  readonly live: LiveStore | null;
  /** How nodes count requests and tokens a minute. */
  readonly windowShape: WindowShape;
  /** Called after each commit that enqueued invalidations: pushes them to the nodes. */
  afterCommit(): Promise<unknown>;
}

/** How persons sign in (CTL-2). */
export interface SignInServices extends SessionLife {
  readonly passwords: PasswordHasher;
  /** Where persons reach the control plane; null = where they have asked. */
  readonly publicUrl: string | null;
}

export interface ProxyUrl {
  /** `scheme://[user[:password]@]host:port` */
  href: string;
  /** `scheme://host:port` */
  shown: string;
}

export interface ApiContext {
  readonly services: ApiServices;
  readonly requestId: RequestId;
  /** The HTTP request around the call; null = there is none. */
  readonly web: WebRequest | null;
  /** Who the bearer token or the session cookie says this is; null = nobody. Looked up once a request. */
  loadCaller(): Promise<Caller | null>;
}

export interface ContextOptions {
  services: ApiServices;
  requestId: RequestId;
  /** The Authorization header. */
  authorization: string | undefined;
  web?: WebRequest;
}

export function createApiContext({ services, requestId, authorization, web }: ContextOptions): ApiContext {
  let caller: Promise<Caller | null> | undefined;
  return {
    services,
    requestId,
    web: web ?? null,
    loadCaller: () => (caller ??= loadCaller(services, authorization, web ?? null)),
  };
}
