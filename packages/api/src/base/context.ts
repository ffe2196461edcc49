import type { Clock, Logger, RequestId } from '@tollgate/core';
import type { Database, SecretKey, Transaction } from '@tollgate/db';
import type { AccountTester } from '../accounts/account-tester.ts';
import { ChangeNotes } from '../changes/change-notes.ts';
import type { ChangeWatch } from '../changes/change-watch.ts';
import type { LiveStore, WindowShape } from '../live/live-store.ts';
import type { Settings } from '../settings/setting-schemas.ts';
import type { PasswordHasher } from '../sign-in/password-hasher.ts';
import type { SessionLife } from '../sign-in/sessions.ts';
import type { WebRequest } from '../web/web-request.ts';
import { isFullAdmin, loadCaller, requireStanding, type Caller } from './caller.ts';

/** What the procedures need from the process around them; wired once in the control plane. */
export interface ApiServices {
  readonly db: Database;
  /** Seals credentials at rest. */
  readonly secretKey: SecretKey;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly signIn: SignInServices;
  /** What the configuration says where no admin has set something else. */
  readonly settingDefaults: Settings;
  /** The URL in normal form (no trailing slash); rejects with an Error whose text the admin may read. */
  checkUpstreamUrl(text: string): Promise<string>;
  /** The same for an account's proxy; `shown` has neither user nor password. */
  checkProxyUrl(text: string): Promise<ProxyUrl>;
  /** The same for an alert channel's URL, query and all. */
  checkWebhookUrl(text: string): Promise<WebhookUrl>;
  /** ACC-8 */
  readonly testAccount: AccountTester;
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
  /**
   * A change may have waited for its turn behind one that took its caller's rights away: throws UNAUTHORIZED when who was
   * let in is nobody any more. Of one request alone.
   */
  requireCaller?(tx: Transaction): Promise<void>;
  /** False = who asks may not say who is an admin. Absent = the process itself asks. Of one request alone. */
  mayManageAdmins?(): Promise<boolean>;
  /** True = the caller was told that nothing came of it. Of one request alone. */
  isGivenUp?(): boolean;
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

export interface WebhookUrl {
  /** Whole, in normal form; a secret. */
  href: string;
  /** `host[:port]` */
  host: string;
}

export interface ApiContext {
  readonly services: ApiServices;
  readonly requestId: RequestId;
  /** The HTTP request around the call; null = there is none. */
  readonly web: WebRequest | null;
  /** What this request has changed. */
  readonly changes: ChangeNotes;
  /** Who the bearer token or the session cookie says this is; null = nobody. Looked up once a request. */
  loadCaller(): Promise<Caller | null>;
  /** What is under way is not to be committed any more. */
  giveUp(): void;
}

export interface ContextOptions {
  services: ApiServices;
  requestId: RequestId;
  /** The Authorization header. */
  authorization: string | undefined;
  web?: WebRequest;
  /** The header `x-tollgate-wait-ms`. */
  waitHeader?: string | undefined;
}

export function createApiContext(options: ContextOptions): ApiContext {
  const { services, requestId, authorization, web } = options;
  const changes = new ChangeNotes(services.changeWatch, options.waitHeader);
  let caller: Promise<Caller | null> | undefined;
  let isGivenUp = false;
  return {
    services: {
      ...services,
      noteChange: (number) => changes.note(number),
      requireCaller: async (tx) => requireStanding(tx, (await caller) ?? null),
      mayManageAdmins: async () => isFullAdmin((await caller) ?? null),
      isGivenUp: () => isGivenUp,
    },
    changes,
    requestId,
    web: web ?? null,
    giveUp: () => void (isGivenUp = true),
    loadCaller: () => (caller ??= loadCaller(services, authorization, web ?? null)),
  };
}
