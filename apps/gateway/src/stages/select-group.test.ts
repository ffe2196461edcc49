import type { GroupId, GroupSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { messagesDialect } from '../dialects/messages-dialect.ts';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildGroup, buildKey } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { selectGroup } from './select-group.ts';

const CLOSED = { allowed: false, defaultModel: null, families: {} };
const AGENT: [string, string][] = [['user-agent', 'claude-cli/2.1.197 (external, cli)']];
const CLAUDE_CODE_USER = `user_${'a'.repeat(64)}_account__session_01234567-89ab-cdef-0123-456789abcdef`;
const group = (id: string, changes: Partial<GroupSnapshot> = {}) =>
  buildGroup({ id: id as GroupId, ...changes });
const restricted = (id: string, next: string | null, changes: Partial<GroupSnapshot> = {}) =>
  group(id, { clientRestriction: 'claude-code', fallbackGroupId: next as GroupId | null, ...changes });

function setUp(own: GroupSnapshot, others: GroupSnapshot[] = []) {
  const services = buildServices();
  for (const other of others) services.source.groups.set(other.id, other);
  const run = async (
    headers: [string, string][] = [],
    fields: object = {},
    name: 'messages' | 'count-tokens' = 'messages',
  ) => {
    const { context } = buildParsedContext(fields, buildKey({ groups: [own] }), { headers });
    context.endpoint = { name, method: 'POST', platform: 'anthropic', dialect: messagesDialect };
    const refusal = await selectGroup(context, services);
    return refusal === null ? context.group?.id : refusal.code;
  };
  return { ...services, run };
}

describe('select-group', () => {
  it('[SEL-6] a group for everyone keeps everyone, and loads nothing', async () => {
    const { run, source } = setUp(group('g1', { fallbackGroupId: 'g2' as GroupId }));
    expect([await run(), source.loads]).toEqual(['g1', 0]);
  });

  it('[SEL-6] Claude Code stays: by its name and the shape of its user id, not by one of them', async () => {
    const { run } = setUp(restricted('g1', 'g2'), [group('g2')]);
    const metadata = { metadata: { user_id: CLAUDE_CODE_USER } };
    expect(await run(AGENT, metadata)).toBe('g1');
    expect(await run(AGENT)).toBe('g2');
    expect(await run([], metadata)).toBe('g2');
    expect(await run(AGENT, { metadata: { user_id: 7 } })).toBe('g2');
  });

  it('[SEL-6] [API-5] count_tokens is known by its name alone', async () => {
    const { run } = setUp(restricted('g1', null));
    expect(await run(AGENT, {}, 'count-tokens')).toBe('g1');
    expect(await run([], {}, 'count-tokens')).toBe('client_restricted');
  });

  it.each<[string, GroupSnapshot, GroupSnapshot[], string]>([
    ['no fallback', restricted('g1', null), [], 'client_restricted'],
    [
      'a chain to the first that is open',
      restricted('g1', 'g2'),
      [restricted('g2', 'g3'), group('g3')],
      'g3',
    ],
    ['a chain that ends closed', restricted('g1', 'g2'), [restricted('g2', null)], 'client_restricted'],
    ['itself', restricted('g1', 'g1'), [], 'client_restricted'],
    [
      'a cycle',
      restricted('g1', 'g2'),
      [restricted('g2', 'g3'), restricted('g3', 'g2')],
      'client_restricted',
    ],
    ['a group that is gone', restricted('g1', 'g2'), [], 'client_restricted'],
    ['a group that is off', restricted('g1', 'g2'), [group('g2', { status: 'disabled' })], 'group_inactive'],
    ['another platform', restricted('g1', 'g2'), [group('g2', { platform: 'openai' })], 'g2'],
    [
      'a group that is closed to the protocol',
      restricted('g1', 'g2'),
      [group('g2', { platform: 'openai', messagesDispatch: CLOSED })],
      'platform_mismatch',
    ],
  ])('[SEL-6] others go to %s', async (_, own, others, result) => {
    expect(await setUp(own, others).run()).toBe(result);
  });

  it('[SEL-6] the fallback is loaded once, and anew when it changes', async () => {
    const { run, source, snapshots, store } = setUp(restricted('g1', 'g2'), [group('g2')]);
    expect([await run(), await run(), source.loads]).toEqual(['g2', 'g2', 1]);
    source.groups.set('g2', group('g2', { status: 'disabled' }));
    await store.subscribe((change) => snapshots.apply(change));
    await store.publish([{ scope: 'group', groupId: 'g2' }]);
    expect([await run(), source.loads]).toEqual(['group_inactive', 2]);
    await store.publish([{ scope: 'all' }]);
    expect([await run(), source.loads]).toEqual(['group_inactive', 3]);
  });

  it('[AUTH-5] the database is gone: a fault, no refusal', async () => {
    const { run, source } = setUp(restricted('g1', 'g2'), [group('g2')]);
    source.isGone = true;
    await expect(run()).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  });
});
