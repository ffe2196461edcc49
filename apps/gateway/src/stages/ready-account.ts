import type { OpenedAccount } from '../snapshots/opened-accounts.ts';
import type { StreamOnlyCall } from '../translation/stream-only-call.ts';
import type { Translation } from '../translation/translation.ts';
import type { SessionHold } from './hold-session.ts';
import type { PickedAccount } from './picked-account.ts';

/** The account of one attempt, with what it takes to send. */
export interface ReadyAccount extends PickedAccount {
  opened: OpenedAccount;
  /** null = the account speaks the client's protocol. */
  translation: Translation | null;
  /** null = the upstream answers as it is asked. */
  streamOnly: StreamOnlyCall | null;
  /** This request has had the account's token refreshed already. */
  hasRefreshedToken: boolean;
  /** LIM-7: told when the upstream accepts the request; null = no session counts here. */
  session: Pick<SessionHold, 'keep'> | null;
}
