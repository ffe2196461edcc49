import { ofOutage, type Role } from './cast.ts';
import { POSTGRES_AWAY } from './outages.ts';

export const RPM = 6;
export const SLOTS = 4;
export const SESSIONS = 2;
/** Above the cost of a cheap request, below that of a dear one. */
const LITTLE_USD = '0.002';
const OAUTH = { kind: 'setup-token' } as const;

/** Whoever an outage leaves as they were. */
const LASTING_ROLES: readonly Role[] = [
  { name: 'rich' },
  { name: 'free', isFree: true },
  { name: 'narrow', user: { concurrency: SLOTS } },
  { name: 'tight', accounts: [{ name: 'tight', concurrency: SLOTS }] },
  {
    name: 'bound',
    accounts: [
      { name: 'left', api_key: 'sk-left' },
      { name: 'right', api_key: 'sk-right' },
    ],
  },
];

const buildKnown = (outage: string): Role[] => [
  { name: ofOutage('poor', outage), user: { balance: LITTLE_USD } },
  { name: ofOutage('expired', outage) },
  // Figures of its own: those of an outage before would be older than they may be in the midst of this one.
  { name: ofOutage('quota', outage), user: { token_limit: 1_000_000 } },
  {
    name: ofOutage('cost', outage),
    accounts: [{ name: ofOutage('cost', outage), ...OAUTH, window_cost_limit: LITTLE_USD }],
  },
  {
    name: ofOutage('lost-cost', outage),
    accounts: [{ name: ofOutage('lost-cost', outage), ...OAUTH, window_cost_limit: '10' }],
  },
];

const buildOthers = (outage: string): Role[] => [
  { name: ofOutage('limited', outage), isFree: true, user: { rpm: RPM } },
  {
    name: ofOutage('sessions', outage),
    accounts: [{ name: ofOutage('sessions', outage), ...OAUTH, sessions_max: SESSIONS }],
  },
  { name: ofOutage('one-node', outage), user: { token_limit: 1_000_000 } },
  { name: ofOutage('second', outage) },
  { name: ofOutage('over', outage), user: { token_limit: 1 } },
  { name: ofOutage('late', outage) },
];

/** Who is to be known to both nodes, with money and all, when the outage begins. */
export const listKnown = (outage: string): string[] =>
  [...LASTING_ROLES, ...buildKnown(outage)].map(({ name }) => name);

export const ROLES: readonly Role[] = [
  { name: 'new' },
  ...LASTING_ROLES,
  ...POSTGRES_AWAY.flatMap((outage) => buildKnown(outage).concat(buildOthers(outage))),
];
