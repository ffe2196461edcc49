import type { AccountSnapshot } from '@tollgate/core';
import type { Lease, SessionRegistration } from '@tollgate/store';

/** The account that was chosen for one attempt, with what was taken for it. */
export interface PickedAccount {
  account: AccountSnapshot;
  /** What the upstream is asked for, after the account's model mapping. */
  upstreamModel: string;
  /** null for calls that take no concurrency. */
  lease: Lease | null;
  /** This attempt decides whether the account is well again (ACC-3). */
  isProbe: boolean;
  /** The request's session, scoped by key (LIM-7); null = it has none, takes no slot, or no account counts sessions. */
  sessionId: string | null;
  /** Set when this request made its session live on the account (LIM-7). */
  registeredSession: SessionRegistration | null;
}
