import { buildConfig } from '../../harness/config.ts';
import {
  buildApiKey,
  buildEmail,
  GAUGE,
  OVERDRAFT_CASES,
  type OverdraftCase,
  type OverdraftPlan,
} from './overdraft-plan.ts';

/** Nobody who waits for money is sent away for the time it takes on a busy machine. */
const QUEUE_TIMEOUT_MS = 600_000;

/** One user a case, so that no case has spent another's money. */
export function buildOverdraftConfig(url: string, plan: OverdraftPlan): string {
  const group = { platform: 'anthropic', queue_timeout_ms: QUEUE_TIMEOUT_MS };
  const member = { concurrency: plan.requests, queue_max: plan.requests, rpm: 0 };
  return buildConfig({
    groups: [
      { name: 'paid', ...group },
      { name: 'subscribed', ...group, type: 'subscription', limit_day: plan.limit },
    ],
    accounts: [{ name: 'a1', base_url: url, concurrency: 0, groups: ['paid', 'subscribed'] }],
    users: [
      { email: buildEmail(GAUGE), balance: '1000', ...member },
      ...OVERDRAFT_CASES.map((item) => ({
        email: buildEmail(item.name),
        balance: selectBalance(item, plan),
        ...member,
      })),
    ],
    keys: [
      { user: buildEmail(GAUGE), name: 'k', groups: ['paid'], key: buildApiKey(GAUGE) },
      ...OVERDRAFT_CASES.map(({ name, purse }) => ({
        user: buildEmail(name),
        name: 'k',
        groups: [purse === 'subscription' ? 'subscribed' : 'paid'],
        key: buildApiKey(name),
        limit_1d: purse === 'key' ? plan.limit : null,
      })),
    ],
  });
}

/** A subscription pays all by itself, and a key's limit is met long before the balance. */
function selectBalance({ purse }: OverdraftCase, { limit }: OverdraftPlan): string {
  if (purse === 'balance') return limit;
  return purse === 'key' ? '1000' : '0';
}
