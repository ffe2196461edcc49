import type { AttemptOutcome, TokenUsage } from '@tollgate/core';
import { ZERO_USD, type AccountSnapshot } from '@tollgate/core';
import type { Store } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';
import type { TokenQuotaGuard } from '../token-quota/token-quota-guard.ts';

export interface NoteServices {
  store: Store;
  tokenQuotas: TokenQuotaGuard;
}

/**
 * The limits that a settled attempt moves, beside the bill: tokens a minute (LIM-2), the account's window cost
 * (LIM-8), the user's token quota (LIM-10). Failed attempts are billed to nobody, but the account paid them.
 */
export function noteSettled(
  context: RequestContext,
  account: AccountSnapshot,
  outcome: AttemptOutcome,
  { store, tokenQuotas }: NoteServices,
): void {
  if (account.windowCostLimit !== null && outcome.standardCost > ZERO_USD)
    store.addWindowCost(account.id, outcome.standardCost);
  if (outcome.state === 'failed') return;
  const tokens = countTokensUsed(outcome.usage);
  context.tokensUsed += tokens;
  if (context.admitted.key.user.tokenLimit > 0) tokenQuotas.settled(outcome.userId, tokens);
}

/** Every token that was billed, cached or not: the same sum as in the database (packages/db book-usage). */
function countTokensUsed(usage: TokenUsage): number {
  return (
    usage.inputTokens +
    usage.cacheReadTokens +
    usage.cacheWrite5mTokens +
    usage.cacheWrite1hTokens +
    usage.outputTokens +
    usage.toolPromptTokens
  );
}
