import { schema, type Transaction } from '@tollgate/db';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { loadChannel } from '../alerts/channels/load-channels.ts';
import { updateChannel } from '../alerts/channels/write-channel.ts';
import { loadRule } from '../alerts/rules/load-rules.ts';
import { updateRule } from '../alerts/rules/write-rule.ts';
import { loadAccountBy } from '../accounts/load-accounts.ts';
import { updateAccount } from '../accounts/write-account.ts';
import type { Change } from '../change/run-change.ts';
import { loadGroup } from '../groups/load-group.ts';
import { updateGroup } from '../groups/write-group.ts';
import { loadKey } from '../keys/load-keys.ts';
import { updateKey } from '../keys/write-key.ts';
import { loadProxy } from '../proxies/load-proxies.ts';
import { updateProxy } from '../proxies/write-proxy.ts';
import type { Problem } from '../problems/problem.ts';
import { loadUser } from '../users/load-user.ts';
import { updateUser } from '../users/write-user.ts';
import { listPlaced, listRaw } from './config-graph.ts';
import type { PlanEntry } from './plan.ts';

/** An entry that says what its object was called, and how the file names both. */
interface Wish {
  section: Section;
  index: number;
  from: string;
  to: string;
  /** Keys: the owner. */
  owner: string | null;
}

type Section = 'proxies' | 'groups' | 'accounts' | 'users' | 'keys' | 'alert_channels' | 'alert_rules';

interface Kind {
  object: PlanEntry['object'];
  /** The field of the file that has the name. */
  field: 'name' | 'email';
  find(tx: Transaction, name: string, owner: string | null): Promise<string | null>;
  rename(change: Change, id: string, to: string): Promise<unknown>;
}

const { accounts, alertChannels, alertRules, groups, keys, proxies, users } = schema;

const KINDS: Record<Section, Kind> = {
  proxies: {
    object: 'proxy',
    field: 'name',
    find: async (tx, name) => firstId(await tx.select().from(proxies).where(eq(proxies.name, name))),
    rename: async (change, id, name) => updateProxy(change, await loadProxy(change.tx, { id }), { name }),
  },
  groups: {
    object: 'group',
    field: 'name',
    find: async (tx, name) => firstId(await tx.select().from(groups).where(eq(groups.name, name))),
    rename: async (change, id, name) => updateGroup(change, await loadGroup(change.tx, { id }), { name }),
  },
  accounts: {
    object: 'account',
    field: 'name',
    find: async (tx, name) => firstId(await tx.select().from(accounts).where(eq(accounts.name, name))),
    rename: async (change, id, name) =>
      updateAccount(change, await loadAccountBy(change.tx, { id }), { name }),
  },
  users: {
    object: 'user',
    field: 'email',
    find: async (tx, name) => firstId(await tx.select().from(users).where(eq(users.email, name))),
    rename: async (change, id, email) => updateUser(change, await loadUser(change.tx, { id }), { email }),
  },
  keys: {
    object: 'key',
    field: 'name',
    find: async (tx, name, owner) => {
      const ofOwner = and(eq(keys.name, name), eq(users.email, owner ?? ''));
      const query = tx.select({ id: keys.id }).from(keys).innerJoin(users, eq(users.id, keys.userId));
      return firstId(await query.where(ofOwner));
    },
    rename: async (change, id, name) => updateKey(change, await loadKey(change.tx, id), { name }),
  },
  alert_channels: {
    object: 'alert_channel',
    field: 'name',
    find: async (tx, name) =>
      firstId(await tx.select().from(alertChannels).where(eq(alertChannels.name, name))),
    rename: async (change, id, name) => updateChannel(change, await loadChannel(change.tx, { id }), { name }),
  },
  alert_rules: {
    object: 'alert_rule',
    field: 'name',
    find: async (tx, name) => firstId(await tx.select().from(alertRules).where(eq(alertRules.name, name))),
    rename: async (change, id, name) =>
      updateRule(change, await loadRule(change.tx, change.now, { id }), { name }),
  },
};

/** As above: users before their keys, which are found by the owner's new address. */
const ORDER = Object.keys(KINDS) as readonly Section[];

/** What was renamed: `<object> <name>` of the plan → the field that has the name, and what was there. */
export type Renamed = Map<string, { field: string; from: string; to: string }>;

/**
 * Gives objects the names that the file has for them (`renamed_from`), before anything else is planned, so that the
 * rest of the file meets them under those names. Where the object has its name already nothing is done: the field may
 * stay in the file. `raw` is the unparsed file: what is wrong there is told by the plan.
 */
export async function applyRenames(
  change: Change,
  raw: object,
): Promise<{ renamed: Renamed; problems: Problem[] }> {
  const renamed: Renamed = new Map();
  const problems: Problem[] = [];
  await lockUsersOf(change.tx, raw);
  for (const wish of ORDER.flatMap((section) => listWishes(raw, section))) {
    const { section, from, to, owner } = wish;
    const kind = KINDS[section];
    const present = await kind.find(change.tx, from, owner);
    const problem = await findProblem(change.tx, raw, wish, present);
    if (problem) problems.push(problem);
    else if (present !== null) {
      await kind.rename(change, present, to);
      const name = owner === null ? to : `${owner}/${to}`;
      renamed.set(`${kind.object} ${name}`, { field: kind.field, from, to });
    }
  }
  return { renamed, problems };
}

function listWishes(raw: object, section: Section): Wish[] {
  const { field } = KINDS[section];
  return listPlaced(raw, section).flatMap(({ index, entry }) => {
    const [from, to] = [readName(entry['renamed_from'], section), readName(entry[field], section)];
    const owner = section === 'keys' ? readName(entry['user'], 'users') : null;
    return from === null || to === null || from === to ? [] : [{ section, index, from, to, owner }];
  });
}

async function findProblem(
  tx: Transaction,
  raw: object,
  { section, index, from, to, owner }: Wish,
  present: string | null,
): Promise<Problem | null> {
  const path = `${section}[${index}].renamed_from`;
  const { field, object, find } = KINDS[section];
  const isOther = (entry: Record<string, unknown>) =>
    readName(entry[field], section) === from &&
    (owner === null || readName(entry['user'], 'users') === owner);
  // Which of the two the object is would depend on which run it is.
  if (listRaw(raw, section).some(isOther)) return { path, message: `${from} is in this file as well` };
  if (present === null || (await find(tx, to, owner)) === null) return null;
  return {
    path,
    message: `there is ${describe(object, from)} and ${describe(object, to)}: rename or delete one of them`,
  };
}

/** In id order, as the shipper of usage locks them: renames come before the plan knows whom it changes. */
async function lockUsersOf(tx: Transaction, raw: object): Promise<void> {
  if (listWishes(raw, 'users').length === 0) return;
  const emails = listRaw(raw, 'users').flatMap(({ email, renamed_from: from }) =>
    [readName(email, 'users'), readName(from, 'users')].filter((name) => name !== null),
  );
  const query = tx.select({ id: users.id }).from(users).where(inArray(users.email, emails));
  await query.orderBy(asc(users.id)).for('update');
}

/** `a group main`, `an alert rule errors`. */
function describe(object: PlanEntry['object'], name: string): string {
  return `${/^[aeio]/.test(object) ? 'an' : 'a'} ${object.replace('_', ' ')} ${name}`;
}

/** Text that could be a name, in the form in which rows have it. */
function readName(value: unknown, section: Section): string | null {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) return null;
  return section === 'users' ? value.toLowerCase() : value;
}

function firstId(rows: readonly { id: string }[]): string | null {
  return rows[0]?.id ?? null;
}
