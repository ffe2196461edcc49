import { ofOutage, type Role } from './cast.ts';
import { REDIS_AWAY } from './outages.ts';

export const NODES = 2;
export const RPM = 8;
export const TPM = 10_000;
export const SLOTS = 4;
/** Above the cost of a cheap request, below that of a dear one. */
const LITTLE_USD = '0.002';
/** For each of the nodes as much as one dear request costs. */
const SHARED_USD = '0.005';
const OAUTH = { kind: 'setup-token' } as const;

/** Whoever an outage leaves as they were. */
const LASTING_ROLES: readonly Role[] = [
  { name: 'rich' },
  { name: 'limited-slow', user: { rpm: RPM } },
  { name: 'tokens', user: { tpm: TPM } },
  { name: 'narrow', user: { concurrency: SLOTS } },
  { name: 'keyed', key: { concurrency: SLOTS } },
  { name: 'queued', user: { concurrency: NODES, queue_max: NODES } },
  { name: 'waiter', user: { concurrency: 1 } },
  { name: 'tight', accounts: [{ name: 'tight', concurrency: SLOTS }] },
  {
    name: 'bound',
    accounts: [
      { name: 'left', api_key: 'sk-up-left' },
      { name: 'right', api_key: 'sk-up-right' },
    ],
  },
  {
    name: 'sessions',
    accounts: [{ name: 'sessions', ...OAUTH, sessions_max: NODES, session_idle_minutes: 0.03 }],
  },
  { name: 'barred', accounts: [{ name: 'barred', api_key: 'sk-up-barred' }] },
];

const STRANGERS = new Set(['barred', 'limited-slow']);

const buildKnown = (outage: string): Role[] => [
  { name: ofOutage('poor', outage), user: { balance: SHARED_USD } },
  {
    name: ofOutage('cost', outage),
    accounts: [{ name: ofOutage('cost', outage), ...OAUTH, window_cost_limit: LITTLE_USD }],
  },
  { name: ofOutage('revoked', outage), isFree: true },
];

const buildUnknown = (outage: string): Role[] => [
  { name: ofOutage('limited', outage), isFree: true, user: { rpm: RPM } },
  { name: ofOutage('late', outage) },
  { name: ofOutage('late-free', outage), isFree: true },
  { name: ofOutage('quota', outage), isFree: true, user: { token_limit: 1 } },
  { name: ofOutage('exact', outage), user: { rpm: RPM } },
  {
    name: ofOutage('late-cost', outage),
    accounts: [{ name: ofOutage('late-cost', outage), ...OAUTH, window_cost_limit: '10' }],
  },
];

/** Who is to be known to both nodes, with money and all, when the outage begins. */
export const listKnown = (outage: string): string[] =>
  [...LASTING_ROLES.filter(({ name }) => !STRANGERS.has(name)), ...buildKnown(outage)].map(
    ({ name }) => name,
  );

export const ROLES: readonly Role[] = [
  ...LASTING_ROLES,
  ...REDIS_AWAY.flatMap((outage) => buildKnown(outage).concat(buildUnknown(outage))),
];
