import { schema, type Database } from '@tollgate/db';
import type { Clock, Logger, RequestId } from '@tollgate/core';
import { hashKey, type SecretKey } from '@tollgate/db';
import { ChangeNotes } from '../changes/change-notes.ts';
import type { ChangeWatch } from '../changes/change-watch.ts';
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
  /** What nodes share; null = this process has no store of theirs. */
  readonly live: LiveStore | null;
  /** How nodes count requests and tokens a minute. */
  readonly windowShape: WindowShape;
  /** AUTH-6: follows changes to the nodes; null = this process has no store of theirs. */
  readonly changeWatch: ChangeWatch | null;
  /** After each commit that enqueued these outbox rows: tells the nodes; gives a number by which all are told. */
  afterCommit(rowIds: readonly number[]): Promise<number>;
  /** Hears of each change: its number, or null when the nodes could not be told yet. Of one request alone. */
  noteChange?(number: number | null): void;
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
  /** What this request has changed. */
  readonly changes: ChangeNotes;
  /** Who the bearer token says this is; null = nobody. Looked up once a request. */
  loadAdmin(): Promise<Admin | null>;
}

export interface ContextOptions {
  services: ApiServices;
  requestId: RequestId;
  /** The Authorization header. */
  authorization: string | undefined;
  /** The header `x-tollgate-wait-ms`. */
  waitHeader?: string | undefined;
}

export function createApiContext(options: ContextOptions): ApiContext {
  const { services, requestId, authorization } = options;
  const changes = new ChangeNotes(services.changeWatch, options.waitHeader);
  let admin: Promise<Admin | null> | undefined;
  return {
    services: { ...services, noteChange: (number) => changes.note(number) },
    changes,
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
