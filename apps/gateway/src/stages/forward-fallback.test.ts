import {
  DEFAULT_DEADLINES,
  parseUsd,
  type AccountId,
  type GroupId,
  type GroupSnapshot,
} from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import {
  buildAccount,
  buildGroup,
  buildKey,
  buildPool,
  GROUP_ID,
  USER_ID,
} from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, type FakeCall } from '../testing/fake-upstream.ts';
import { forward } from './forward.ts';

const OTHER = 'grp_2' as GroupId;
const FIRST = 'acc_first' as AccountId;
const SECOND = 'acc_second' as AccountId;
const ANSWER = { id: 'msg_1', usage: { input_tokens: 1, output_tokens: 1 } };
const TOO_LONG = {
  type: 'error',
  error: { type: 'invalid_request_error', message: 'prompt is too long: 9 > 8' },
};
const WRONG = { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: wrong' } };
const MESSAGES = { name: 'messages', method: 'POST', platform: 'anthropic' } as const;

async function setUp(
  other: Partial<GroupSnapshot> = {},
  group: Partial<GroupSnapshot> = {},
  second = SECOND,
) {
  const services = buildServices();
  services.source.groups.set(OTHER, buildGroup({ id: OTHER, ...other }));
  services.source.pools.set(GROUP_ID, buildPool([buildAccount({ id: FIRST })]));
  const accounts = [buildAccount({ id: second })];
  services.source.pools.set(OTHER, { ...buildPool(accounts), groupId: OTHER });
  const own = buildGroup({ invalidRequestFallbackGroupId: OTHER, ...group });
  const { context, writer } = buildParsedContext({}, buildKey({ groups: [own] }));
  context.endpoint = MESSAGES;
  const answers = { first: answerJson(400, TOO_LONG), second: answerJson(200, ANSWER) };
  let sent = 0;
  services.upstream.answer = (call: FakeCall) => (sent++ === 0 ? answers.first : answers.second)(call);
  const run = () => forward(context, services);
  const countHeld = async () =>
    (await services.store.countSlots({ kind: 'account', accountId: FIRST })) +
    (await services.store.countSlots({ kind: 'account', accountId: SECOND }));
  return { services, context, writer, answers, run, countHeld, countSent: () => sent };
}

/** The first upstream's verdict, as it came. */
function expectVerdict({ writer }: Awaited<ReturnType<typeof setUp>>): void {
  expect([writer.status, writer.body]).toEqual([400, JSON.stringify(TOO_LONG)]);
}

describe('forward: a second group for what the first refuses', () => {
  it('[SEL-6] a prompt that is too long: one answer, billed as the second group’s', async () => {
    const { services, writer, run, countHeld } = await setUp({ rateMultiplier: '3' });
    expect(await run()).toBeNull();
    expect([writer.status, writer.headers['x-tollgate-attempts']]).toEqual([200, '2']);
    expect(services.journal.closed).toMatchObject([
      { accountId: FIRST, groupId: GROUP_ID, state: 'failed', errorCode: 'invalid_request', status: 400 },
      { accountId: SECOND, groupId: OTHER, state: 'settled' },
    ]);
    const [, served] = services.journal.closed;
    expect(served?.actualCost).toBe((served?.standardCost ?? 0n) * 3n);
    expect(await countHeld()).toBe(0);
  });

  it('[REQ-6] any other mistake of the client is passed on at once', async () => {
    const test = await setUp();
    test.answers.first = answerJson(400, WRONG);
    expect(await test.run()).toBeNull();
    expect([test.writer.status, test.countSent()]).toEqual([400, 1]);
  });

  it.each<[string, Partial<GroupSnapshot>]>([
    ['is not active', { status: 'disabled' }],
    ['is of another platform', { platform: 'openai' }],
    ['is over its own limit', { tpm: 1 }],
  ])('[SEL-6] a second group that %s is not asked: the first verdict', async (_, other) => {
    const test = await setUp(other);
    expect(await test.run()).toBeNull();
    expectVerdict(test);
    expect(test.countSent()).toBe(1);
  });

  it('[SEL-6] no such group, or no database: the first verdict', async () => {
    const unknown = await setUp();
    unknown.services.source.groups.clear();
    await unknown.run();
    expectVerdict(unknown);
    const gone = await setUp();
    gone.services.source.during = () => {
      if (gone.countSent() > 0) throw new Error('gone');
    };
    expect(await gone.run()).toBeNull();
    expectVerdict(gone);
  });

  it('[SEL-6] no account there, or none that answers: the first verdict', async () => {
    const none = await setUp();
    none.services.source.pools.delete(OTHER);
    expect(await none.run()).toBeNull();
    expectVerdict(none);
    const broken = await setUp();
    broken.answers.second = answerFault;
    expect(await broken.run()).toBeNull();
    expectVerdict(broken);
    expect(await broken.countHeld()).toBe(0);
  });

  it('[SEL-6] the second group refuses it as well: its own word, and no third', async () => {
    const { run, writer, answers, countSent } = await setUp({ invalidRequestFallbackGroupId: GROUP_ID });
    const other = { ...TOO_LONG, error: { ...TOO_LONG.error, message: 'prompt is too long: 9 > 7' } };
    answers.second = answerJson(400, other);
    expect(await run()).toBeNull();
    expect([writer.body, countSent()]).toEqual([JSON.stringify(other), 2]);
  });

  it('[SEL-6] an account of both groups is not asked twice', async () => {
    const test = await setUp({}, {}, FIRST);
    expect(await test.run()).toBeNull();
    expectVerdict(test);
    expect(test.countSent()).toBe(1);
  });

  it('[MON-4] from a free group to one that costs: money is checked', async () => {
    const test = await setUp({}, { rateMultiplier: '0' });
    test.services.source.balance = parseUsd('0');
    expect(await test.run()).toBeNull();
    expectVerdict(test);
    expect(test.countSent()).toBe(1);
  });

  it('[LIM-2] what the second group has counted is held for settlement', async () => {
    const { context, run, services } = await setUp({ tpm: 1_000_000 });
    await run();
    expect(context.reservations).toMatchObject([
      { window: { subject: { kind: 'user-group', userId: USER_ID, groupId: OTHER }, unit: 'tokens' } },
    ]);
    expect(services.upstream.calls).toHaveLength(2);
  });

  it('[REQ-7] a client that leaves hears nothing, and nothing is held', async () => {
    const { run, writer, answers, countHeld } = await setUp();
    const { first } = answers;
    answers.first = (call) => {
      first(call);
      writer.leave();
    };
    expect(await run()).toBeNull();
    expect([writer.body, await countHeld()]).toEqual(['', 0]);
  });

  it('[REQ-7] the deadline holds over both groups', async () => {
    const test = await setUp({ deadlines: { ...DEFAULT_DEADLINES, totalMs: 1_000 } });
    const { first } = test.answers;
    test.answers.first = (call) => {
      test.services.clock.advance(1_000);
      first(call);
    };
    expect(await test.run()).toBeNull();
    expectVerdict(test);
  });
});
