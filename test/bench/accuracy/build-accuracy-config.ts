import { buildConfig, type TestAccount } from '../../harness/config.ts';
import { buildWindowsUser, USERS, type AccuracyPlan } from './measure-fleet.ts';

/**
 * Users in two groups: `wide` has as many account slots as one user has slots, `narrow` has one account, which is
 * then what users wait for.
 */
export function buildAccuracyConfig(upstreamUrl: string, plan: AccuracyPlan): string {
  const { rpm, userSlots, accountSlots, accounts, connections } = plan;
  const group = { platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 };
  const member = { balance: '1000000', concurrency: userSlots, queue_max: connections, rpm: 0 };
  const email = (user: string) => `${user}@example.com`;
  const inWide = [...plan.fleets.map(buildWindowsUser), USERS.waiting];
  const inNarrow = [USERS.heavy, USERS.light, USERS.lightThreefold];
  const buildKey = ({ user, key }: { user: string; key: string }, group_name: string) => ({
    user: email(user),
    name: 'k',
    groups: [group_name],
    key,
  });
  return buildConfig({
    groups: [
      { name: 'wide', ...group },
      { name: 'narrow', ...group },
    ],
    accounts: [
      ...Array.from({ length: accounts }, (_, index) =>
        buildAccount(`wide-${index}`, 'wide', upstreamUrl, accountSlots),
      ),
      buildAccount('narrow', 'narrow', upstreamUrl, accountSlots),
    ],
    users: [
      ...plan.fleets.map((fleet) => ({ email: email(buildWindowsUser(fleet).user), ...member, rpm })),
      { email: email(USERS.waiting.user), ...member },
      { email: email(USERS.heavy.user), ...member },
      { email: email(USERS.light.user), ...member },
      { email: email(USERS.lightThreefold.user), ...member, weight: 3 },
    ],
    keys: [
      ...inWide.map((user) => buildKey(user, 'wide')),
      ...inNarrow.map((user) => buildKey(user, 'narrow')),
    ],
  });
}

function buildAccount(name: string, group: string, base_url: string, concurrency: number): TestAccount {
  return { name, base_url, concurrency, groups: [group], api_key: `sk-up-${name}` };
}
