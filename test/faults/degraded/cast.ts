import { buildConfig, type TestAccount } from '../../harness/config.ts';

/** One user with one key, both of this name, and what else a test needs of its own. */
export interface Role {
  name: string;
  user?: Record<string, unknown>;
  key?: Record<string, unknown>;
  /** In a group that costs nothing: no balance is asked for. */
  isFree?: boolean;
  /** In a group of its own, which has these accounts. */
  accounts?: Omit<TestAccount, 'base_url' | 'groups'>[];
}

export const buildKey = (name: string): string => `sk-test-${name}-0123456789`;
export const buildEmail = (name: string): string => `${name}@example.com`;

/** An outage leaves its marks on whom it meets: each has some people of its own. */
export const ofOutage = (name: string, outage: string): string => `${name}-${outage.replaceAll(' ', '-')}`;

/** Everybody is rich and unlimited unless the role says otherwise. Two shared groups: `main`, and `free`. */
export function buildCast(url: string, roles: readonly Role[]): string {
  const own = roles.filter(({ accounts }) => accounts !== undefined);
  const group = (name: string, rate_multiplier = '1.0') => ({
    name,
    platform: 'anthropic',
    rate_multiplier,
    rpm: 0,
  });
  return buildConfig({
    groups: [group('main'), group('free', '0'), ...own.map(({ name }) => group(name))],
    accounts: [
      { name: 'shared', base_url: url, concurrency: 0, groups: ['main', 'free'] },
      ...own.flatMap(({ name, accounts = [] }) =>
        accounts.map((account) => ({ base_url: url, concurrency: 0, groups: [name], ...account })),
      ),
    ],
    users: roles.map(({ name, user }) => ({
      email: buildEmail(name),
      balance: '100.00',
      concurrency: 0,
      rpm: 0,
      ...user,
    })),
    keys: roles.map((role) => ({
      user: buildEmail(role.name),
      name: role.name,
      groups: [selectGroup(role)],
      key: buildKey(role.name),
      ...role.key,
    })),
  });
}

function selectGroup({ name, accounts, isFree = false }: Role): string {
  if (accounts !== undefined) return name;
  return isFree ? 'free' : 'main';
}
