import { createTollgateClient, type TollgateClient } from '@tollgate/api';
import { startTestControl, TEST_TOKEN, type TestControl } from '@tollgate/control/testing';
import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runInProcess } from '../../testing/run-in-process.ts';

/** So that no job of the control plane takes what is meant to wait. */
const FAR = new Date('2100-01-01T00:00:00Z');
const FIRED = new Date('2030-01-01T00:00:00Z');
/** What the control plane has asked the database. */
const statements: string[] = [];
let control: TestControl;
let client: TollgateClient;
let ruleId: string;
let channelId: string;
const eventId = createId('alertEvent', FIRED.getTime());

beforeAll(async () => {
  control = await startTestControl(inject('postgresUrl'), {
    onStatement: (text) => void statements.push(text),
  });
  client = createTollgateClient({ url: control.url, token: TEST_TOKEN });
  const mail = { name: 'mail', kind: 'email' as const, recipients: ['a@example.com'] };
  channelId = (await client.alertChannels.create.mutate(mail)).id;
  const rule = { metric: 'error_ratio', comparison: 'above', threshold: 0.05 } as const;
  // Disabled, so that the control plane's own evaluation leaves it alone.
  const disabled = { ...rule, name: 'errors', severity: 'critical', isEnabled: false } as const;
  ruleId = (await client.alertRules.create.mutate(disabled)).id;
  await client.alertRules.create.mutate({ ...rule, name: 'quiet', comparison: 'below', isEnabled: false });
  await seedEvent();
});
afterAll(() => control.stop());

async function seedEvent(): Promise<void> {
  const watched = { metric: 'error_ratio', comparison: 'above', threshold: '0.05' } as const;
  const ids = { id: eventId, ruleId, ruleName: 'errors', severity: 'critical' } as const;
  const end = { state: 'resolved', resolvedAt: FAR } as const;
  await control.db
    .insert(schema.alertEvents)
    .values({ ...watched, ...ids, ...end, firedAt: FIRED, valueAtFire: '0.5' });
  await control.db.insert(schema.alertDeliveries).values([
    {
      ...{ id: 'ald_1', eventId, kind: 'firing', channelId, channelName: 'mail' },
      ...{ state: 'failed', tries: 3, lastError: 'refused', createdAt: FIRED },
    },
    {
      ...{ id: 'ald_2', eventId, kind: 'firing', channelName: 'hook', isFallback: true },
      ...{ state: 'sent', createdAt: FIRED, sentAt: FIRED },
    },
  ]);
}

const run = (...args: string[]) =>
  runInProcess(['alert', ...args, '--url', control.url, '--token', TEST_TOKEN]);
const linesOf = (stdout: string): string[] => stdout.trim().split('\n');
const lines = async (...args: string[]) => linesOf((await run(...args)).stdout);

it('[OPS-5] list shows the rules in their order', async () => {
  expect(await lines('list')).toEqual([
    expect.stringMatching(/^position +rule +severity +condition +state +value +since +note$/),
    expect.stringMatching(/^1 +errors +critical +error_ratio above 0\.05 .* disabled$/),
    expect.stringMatching(/^2 +quiet +warning +error_ratio below 0\.05 .* disabled$/),
  ]);
  const json = JSON.parse((await run('list', '--json')).stdout) as object[];
  expect(json).toMatchObject([{ name: 'errors', position: 1 }, { name: 'quiet' }]);
});

it('[OPS-5] events and show say what fired, and what was sent', async () => {
  const event = expect.stringMatching(
    new RegExp(
      `^${eventId} +errors +critical +error_ratio above 0.05 +resolved +2030-\\S+Z +0.5 +2100-\\S+Z +-$`,
    ),
  );
  expect((await lines('events', '--rule', 'errors'))[1]).toEqual(event);
  expect(await lines('events', '--rule', 'quiet')).toHaveLength(1);
  expect(await lines('events', '--firing')).toHaveLength(1);
  expect(await lines('show', eventId)).toEqual([
    expect.any(String),
    event,
    expect.stringMatching(/^about +channel +state +tries +created_at +sent_at +last_error$/),
    expect.stringMatching(/^firing +mail +failed +3 +2030\S+Z +- +refused$/),
    expect.stringMatching(/^firing +hook \(fallback\) +sent +0 +2030\S+Z +2030\S+Z +-$/),
  ]);
  expect(await run('show', 'ale_none')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ale_none'),
  });
});

it('[OPS-5] silence, silences and unsilence', async () => {
  const [, made = ''] = await lines('silence', 'errors', '--minutes', '30', '--reason', 'works');
  expect(made).toMatch(/^als_\w+ +errors +active +20\S+Z +20\S+Z +adm_\w+ +works$/);
  const { items } = await client.alertSilences.list.query();
  expect(Date.parse(items[0]!.endsAt) - Date.parse(items[0]!.startsAt)).toBeGreaterThan(29 * 60_000);
  expect(await lines('silences')).toHaveLength(2);
  const [id = ''] = made.split(' ');
  expect((await lines('unsilence', id))[1]).toMatch(/ over /);
  expect(await lines('silences')).toHaveLength(1);
  expect(await lines('silences', '--all')).toHaveLength(2);
  expect((await lines('silence', '--all', '--minutes', '1'))[1]).toContain('every rule');
});

it.each([
  [['silence', '--minutes', '1'], 'give either a rule or --all'],
  [['silence', 'errors', '--all', '--minutes', '1'], 'give either a rule or --all'],
  [['silence', 'errors', '--minutes', '0'], 'expected a whole number from 1'],
  [['silence', 'errors'], '--minutes'],
  [['silence', 'other', '--minutes', '1'], 'no such alert rule: other'],
  [['unsilence', 'als_none'], 'no such silence'],
  [['test-channel', 'other'], 'no such alert channel: other'],
  [['test-channel', 'mail', '--wait', 'long'], 'expected 0 to 300'],
])('[CTL-5] %j is refused: %s', async (args, message) => {
  const refused = await run(...args);
  expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining(message)]);
});

it.each([
  ['sent', { state: 'sent', sentAt: FIRED } as const, /^test +mail +sent +0 .* 2030\S+Z +-$/, 0],
  [
    'failed',
    { state: 'failed', tries: 3, lastError: 'no answer', sentAt: null } as const,
    /mail +failed +3 .* no answer$/,
    1,
  ],
])('[OPS-5] test-channel waits for what becomes of it: %s', async (_, end, line, exitCode) => {
  const id = createId('alertDelivery', Date.now());
  const waiting = { id, kind: 'test', channelId, channelName: 'mail', nextTryAt: FAR } as const;
  await control.db.insert(schema.alertDeliveries).values(waiting);
  statements.length = 0;
  const running = run('test-channel', 'mail');
  // It has found the one that waits, and looks what becomes of it.
  const isAsked = () => statements.some((text) => /from "alert_deliveries".* order by/s.test(text));
  await expect.poll(isAsked, { timeout: 30_000 }).toBe(true);
  await control.db.update(schema.alertDeliveries).set(end);
  const { stdout, code } = await running;
  expect(linesOf(stdout)[1]).toMatch(line);
  expect(code).toBe(exitCode);
});

it('[OPS-5] test-channel says when it still waits', async () => {
  const id = createId('alertDelivery', Date.now());
  const waiting = { id, kind: 'test', channelId, channelName: 'mail', nextTryAt: FAR } as const;
  await control.db.insert(schema.alertDeliveries).values(waiting);
  const { stdout, code } = await run('test-channel', 'mail', '--wait', '0');
  expect(linesOf(stdout)[1]).toMatch(/^test +mail +waiting +0 /);
  expect(code).toBe(1);
});
