import { schema, type Database } from '@tollgate/db';
import type { Clock, Logger, RequestId } from '@tollgate/core';
import { hashKey, type SecretKey } from '@tollgate/db';
import type { AccountTester } from '../accounts/account-tester.ts';
import type { LiveStore, WindowShape } from '../live/live-store.ts';
import { eq } from 'drizzle-orm';

/** What the procedures need from the process around them; wired once in the control plane. */
export interface ApiServices {
  readonly db: Database;
  /** Seals credentials at rest. */
  readonly secretKey: SecretKey;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** The URL in normal form (no trailing slash); rejects with an Error whose text the admin may read. */
  checkUpstreamUrl(text: string): Promise<string>;
  /** The same for an account's proxy; `shown` has neither user nor password. */
  checkProxyUrl(text: string): Promise<ProxyUrl>;
  /** ACC-8 */
  readonly testAccount: AccountTester;
  /** What nodes share; null = this process has no store of theirs. */
  readonly live: LiveStore | null;
  /** How nodes count requests and tokens a minute. */
  readonly windowShape: WindowShape;
  /** Called after each commit that enqueued invalidations: pushes them to the nodes. */
  afterCommit(): Promise<unknown>;
}

export interface ProxyUrl {
  /** `scheme://[user[:password]@]host:port` */
  href: string;
  /** `scheme://host:port` */
  shown: string;
}

export interface Admin {
  /** Id of the admin token: the actor in the audit. */
  readonly id: string;
  readonly name: string;
}

export interface ApiContext {
  readonly services: ApiServices;
  readonly requestId: RequestId;
  /** Who the bearer token says this is; null = nobody. Looked up once a request. */
  loadAdmin(): Promise<Admin | null>;
}

export interface ContextOptions {
  services: ApiServices;
  requestId: RequestId;
  /** The Authorization header. */
  authorization: string | undefined;
}

export function createApiContext({ services, requestId, authorization }: ContextOptions): ApiContext {
  let admin: Promise<Admin | null> | undefined;
  return {
    services,
    requestId,
    loadAdmin: () => (admin ??= loadAdmin(services, authorization)),
  };
}

/**
 * The same work for every header: hash and look up, so that time tells nothing about the token. The table holds
 * hashes of long random tokens, so the index look-up leaks nothing either.
 */
async function loadAdmin(services: ApiServices, authorization: string | undefined): Promise<Admin | null> {
  const token = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const [row] = await services.db
    .select()
    .from(schema.adminTokens)
    .where(eq(schema.adminTokens.hash, hashKey(token)));
  if (!row || token === '') return null;
  const isExpired = row.expiresAt !== null && row.expiresAt.getTime() <= services.clock.nowMs();
  return isExpired ? null : { id: row.id, name: row.name };
}
