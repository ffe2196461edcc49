import type { RequestContext } from '../request-context.ts';
import type { TokenRefresher } from '../token-refresher.ts';
import type { translateAttempt, TranslateServices } from '../translation/translate-attempt.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import type { AdmitServices } from './admit.ts';
import type { PickAccountServices } from './pick-account.ts';
import type { ReadyAccount } from './ready-account.ts';
import type { AttemptServices } from './run-attempt.ts';

export interface ForwardServices
  extends AttemptServices, PickAccountServices, AdmitServices, TranslateServices {
  tokenRefresher: Pick<TokenRefresher, 'refresh'>;
}

/** One try on one account: null = the client has its answer, or has left. */
export type AccountAttempt = (
  context: RequestContext,
  ready: ReadyAccount,
  services: ForwardServices,
) => Promise<UpstreamFailure | null>;

export interface ForwardOptions {
  slots: boolean;
  attempt: AccountAttempt;
  /** How the request is worded for an account. */
  translate: typeof translateAttempt;
}
