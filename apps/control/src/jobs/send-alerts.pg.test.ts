import { createServer, type AddressInfo } from 'node:net';
import { silentLogger, systemClock, type Logger } from '@tollgate/core';
import { claimDeliveries, endDelivery, openDatabase, type Database } from '@tollgate/db';
import { createOutboundPolicy } from '@tollgate/outbound';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createNoticeDelivery } from '../alerts/channels/deliver-notice.ts';
import { addChannel, addEvent, addRule, clearAlerts, TEST_KEY } from '../alerts/testing/seed-alerts.ts';
import { startReceiver, type Receiver } from '../alerts/testing/start-receiver.ts';
import { parseSmtpUrl } from '../mail/parse-smtp-url.ts';
import type { Job } from './periodic-job.ts';
import { createAlertSender, type AlertSenderOptions } from './send-alerts.ts';

let database: TestDatabase;
let db: Database;
let receiver: Receiver;
let smtpPort = 0;
const jobs: Job[] = [];
const closers: (() => Promise<unknown>)[] = [];
const logged: string[] = [];
const log = (detail: object, message: string) => void logged.push(JSON.stringify([detail, message]));
const logger: Logger = { ...silentLogger, info: log, warn: log, error: log };

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 8 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  await clearAlerts(db);
  logged.length = 0;
  receiver = await startReceiver();
  await addChannel(db, 'alc_1', { url: `${receiver.origin}/one` });
  await addChannel(db, 'alc_2', { url: `${receiver.origin}/two` });
});
afterEach(async () => {
  // First, so that nothing hangs there.
  await receiver.stop();
  await Promise.all(jobs.splice(0).map((job) => job.stop()));
  for (const close of closers.splice(0)) await close();
});

function createSender({
  timeoutMs = 20_000,
  ...options
}: Partial<AlertSenderOptions> & { timeoutMs?: number } = {}): Job {
  const deliver = createNoticeDelivery({
    policy: createOutboundPolicy({ allow: ['127.0.0.0/8'] }),
    secretKey: TEST_KEY,
    clock: systemClock,
    mail: { smtp: parseSmtpUrl(`smtp://127.0.0.1:${smtpPort}`), from: 'Alerts <alerts@example.com>' },
    timeoutMs,
  });
  const job = createAlertSender({
    db,
    logger,
    clock: systemClock,
    deliver,
    retryDelaysMs: [10, 20, 40],
    ...options,
  });
  jobs.push(job);
  return job;
}

async function startSmtp(options: SMTPServerOptions = {}): Promise<{ to: string; text: string }[]> {
  const mails: { to: string; text: string }[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) mails.push({ to: address, text });
        done();
      });
    },
    ...options,
  });
  smtp.on('error', () => {});
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  smtpPort = (smtp.server.address() as AddressInfo).port;
  closers.push(() => new Promise<void>((resolve) => smtp.close(resolve)));
  return mails;
}

const readDeliveries = async () => [
  ...(await db.sql`
    select channel_id as channel, kind, state, tries, is_fallback as "isFallback", last_error as fault
    from alert_deliveries order by created_at, id`),
];
const listWaiting = async () => (await readDeliveries()).filter(({ state }) => state === 'waiting');
const waitForAll = async () => {
  await expect.poll(listWaiting, { timeout: 15_000 }).toEqual([]);
};

/** The first look that finds nothing is answered when a try that was under way has ended. */
function holdEmptyLook(): Database {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let looks = 0;
  const sql = new Proxy(db.sql, {
    apply(target, _self, [strings, ...values]: [TemplateStringsArray, ...never[]]) {
      const rows = target(strings, ...values);
      looks += strings[0]?.includes('with fair as') ? 1 : 0;
      return looks === 2 ? rows.then((found) => ended.then(() => found)) : rows;
    },
    get: (target, name) =>
      name === 'begin'
        ? (work: Parameters<typeof target.begin>[1]) =>
            target.begin(work).finally(() => void setImmediate(resolve))
        : Reflect.get(target, name),
  });
  return new Proxy(db, { get: (target, name) => (name === 'sql' ? sql : Reflect.get(target, name)) });
}
const paths = () => receiver.messages.map(({ path }) => path);

describe('alert messages', () => {
  it('[OPS-5] each goes once, whoever sends, under an id of its own', async () => {
    for (let n = 0; n < 20; n += 1) await addEvent(db, `ale_${n}`, { channelId: n % 2 ? 'alc_1' : 'alc_2' });
    await Promise.all([createSender().run(), createSender().run(), createSender().run()]);
    await waitForAll();
    const ids = receiver.messages.map(({ headers }) => headers['x-tollgate-delivery']);
    expect([ids.length, new Set(ids).size]).toEqual([20, 20]);
    expect((await readDeliveries()).every(({ state, tries }) => state === 'sent' && tries === 0)).toBe(true);
  });

  it('[OPS-5] after the first try three more, then the fallback channel gets it, once', async () => {
    receiver.answer = (response, { path }) => void response.writeHead(path === '/one' ? 503 : 200).end();
    await addRule(db, 'alr_1', { channelId: 'alc_1', fallbackChannelId: 'alc_2' });
    await addEvent(db, 'ale_1', { ruleId: 'alr_1', channelId: 'alc_1' });
    createSender().start();
    await waitForAll();
    expect(paths()).toEqual(['/one', '/one', '/one', '/one', '/two']);
    expect(
      new Set(receiver.messages.slice(0, 4).map(({ headers }) => headers['x-tollgate-delivery'])).size,
    ).toBe(1);
    expect(await readDeliveries()).toMatchObject([
      { channel: 'alc_1', state: 'failed', tries: 4, isFallback: false, fault: 'it answered 503' },
      { channel: 'alc_2', state: 'sent', tries: 0, isFallback: true },
    ]);
    expect(logged.join()).toContain('was given up');
    expect(logged.join()).not.toMatch(/\/one|503/);
  });

  it('[OPS-5] waits 1, 2 and 4 seconds between the tries', async () => {
    receiver.answer = (response) => void response.writeHead(503).end();
    await addEvent(db, 'ale_1', { channelId: 'alc_1' });
    for (const delayS of [100, 200, 400]) {
      const [before] = await db.sql`update alert_deliveries set next_try_at = now() returning next_try_at`;
      await createSender({ retryDelaysMs: [100_000, 200_000, 400_000] }).run();
      // However long the try has taken.
      const [row] = await db.sql`
        select next_try_at - ${before?.['next_try_at']}::timestamptz >= ${delayS} * interval '1 s' as "isWait",
          next_try_at <= now() + ${delayS} * interval '1 s' as "isNoLonger" from alert_deliveries`;
      expect(row).toEqual({ isWait: true, isNoLonger: true });
    }
    await db.sql`update alert_deliveries set next_try_at = now()`;
    await createSender().run();
    expect(await readDeliveries()).toMatchObject([{ state: 'failed', tries: 4 }]);
  });

  it('[OPS-5] what a try leaves behind goes at once, also when the look of its round came too early', async () => {
    receiver.answer = (response, { path }) => void response.writeHead(path === '/one' ? 404 : 200).end();
    await addRule(db, 'alr_1', { channelId: 'alc_1', fallbackChannelId: 'alc_2' });
    await addEvent(db, 'ale_1', { ruleId: 'alr_1', channelId: 'alc_1' });
    await createSender({ db: holdEmptyLook(), intervalMs: 3_600_000 }).run();
    expect(paths()).toEqual(['/one', '/two']);
    expect((await readDeliveries()).map(({ state }) => state)).toEqual(['failed', 'sent']);
  });

  it('[OPS-5] what is refused goes to the fallback at once; the fallback of the fallback is nobody', async () => {
    receiver.answer = (response) => void response.writeHead(404).end();
    await addRule(db, 'alr_1', { channelId: 'alc_1', fallbackChannelId: 'alc_2' });
    await addEvent(db, 'ale_1', { ruleId: 'alr_1', channelId: 'alc_1' });
    await createSender().run();
    await waitForAll();
    expect(paths()).toEqual(['/one', '/two']);
    expect((await readDeliveries()).map(({ state }) => state)).toEqual(['failed', 'failed']);
  });

  it('[OPS-5] who takes no more at the moment is asked for longer, not for ever', async () => {
    let refusals = 6;
    receiver.answer = (response) => void response.writeHead((refusals -= 1) < 0 ? 200 : 429).end();
    await addEvent(db, 'ale_1', { channelId: 'alc_1' });
    createSender({ retryDelaysMs: [], busyDelayMs: 5 }).start();
    await waitForAll();
    expect(await readDeliveries()).toMatchObject([{ state: 'sent', tries: 6 }]);
    refusals = Infinity;
    await addEvent(db, 'ale_2', { channelId: 'alc_2' });
    await waitForAll();
    expect(await readDeliveries()).toMatchObject([{}, { state: 'failed', tries: 41 }]);
  });

  it.each([
    ['gone', () => db.sql`update alert_deliveries set channel_id = null`],
    ['disabled', () => db.sql`update alert_channels set is_enabled = false where id = 'alc_1'`],
  ])('[OPS-5] a channel that is %s since: the fallback gets it', async (_name, change) => {
    await addRule(db, 'alr_1', { channelId: 'alc_1', fallbackChannelId: 'alc_2' });
    await addEvent(db, 'ale_1', { ruleId: 'alr_1', channelId: 'alc_1' });
    await change();
    await createSender().run();
    await waitForAll();
    expect(paths()).toEqual(['/two']);
  });

  it('[OPS-5] a test is tried once, also of a disabled channel, and has no fallback', async () => {
    receiver.answer = (response) => void response.writeHead(503).end();
    await db.sql`update alert_channels set is_enabled = false`;
    await db.sql`insert into alert_deliveries (id, kind, channel_id, channel_name) values ('ald_t', 'test', 'alc_1', 'x')`;
    await createSender().run();
    expect(JSON.parse(receiver.messages[0]?.body ?? '')).toMatchObject({ kind: 'test', event: null });
    expect(await readDeliveries()).toMatchObject([{ state: 'failed', tries: 1, fault: 'it answered 503' }]);
  });

  it('[OPS-5] that it is over is not told before that it fires', async () => {
    let isUp = false;
    receiver.answer = (response) => void response.writeHead(isUp ? 200 : 503).end();
    await addEvent(db, 'ale_1', { channelId: 'alc_1' });
    await db.sql`
      insert into alert_deliveries (id, event_id, kind, channel_id, channel_name, created_at)
      values ('ald_0', 'ale_1', 'resolved', 'alc_1', 'x', now() - interval '1 h')`;
    const sender = createSender({ retryDelaysMs: [200, 200, 200] });
    await sender.run();
    isUp = true;
    sender.start();
    await waitForAll();
    expect(receiver.messages.map(({ body }) => JSON.parse(body).kind)).toEqual([
      'firing',
      'firing',
      'resolved',
    ]);
  });

  it('[OPS-5] a receiver that hangs delays nobody else, whatever waits for it', async () => {
    let open = 0;
    let most = 0;
    receiver.answer = (response, { path }) => {
      if (path !== '/one') return void response.end();
      open += 1;
      most = Math.max(most, open);
      response.on('close', () => (open -= 1));
    };
    for (let n = 0; n < 40; n += 1) await addEvent(db, `ale_a${n}`, { channelId: 'alc_1' });
    for (let n = 0; n < 10; n += 1) await addEvent(db, `ale_b${n}`, { channelId: 'alc_2' });
    createSender({ timeoutMs: 60_000 }).start();
    await expect.poll(() => paths().filter((path) => path === '/two').length, { timeout: 10_000 }).toBe(10);
    expect([open, most]).toEqual([4, 4]);
  });

  it('[OPS-5] killed before it was sent: the next one sends it; killed after: again, under the same id', async () => {
    await addEvent(db, 'ale_1', { channelId: 'alc_1' });
    const claim = { leaseMs: 3_600_000, limit: 10, busyChannelIds: [] };
    const [lost] = await claimDeliveries(db, claim);
    const sender = createSender();
    await sender.run();
    expect(receiver.messages).toEqual([]);
    await db.sql`update alert_deliveries set next_try_at = now()`;
    await sender.run();
    expect(receiver.messages).toHaveLength(1);
    // The first one wakes up: what it writes must not undo what the second one has written.
    expect(lost && (await endDelivery(db, lost, { kind: 'failed', fault: 'x' }, 0))).toBe(false);
    expect(await readDeliveries()).toMatchObject([{ state: 'sent' }]);
    await db.sql`update alert_deliveries set state = 'waiting', sent_at = null, next_try_at = now()`;
    await sender.run();
    expect(receiver.messages.map(({ headers }) => headers['x-tollgate-delivery'])).toEqual([
      'ald_ale_1',
      'ald_ale_1',
    ]);
  });

  it('a database that is away is a warning, and what was due goes when it is back', async () => {
    const away = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
    await createSender({ db: away }).run();
    await away.close();
    expect(logged.join()).toContain('wait for the next round');
    await addEvent(db, 'ale_1', { channelId: 'alc_1' });
    await createSender().run();
    expect(receiver.messages).toHaveLength(1);
  });

  it('[OPS-11] a stopped sender begins nothing, and does not wait for who hangs', async () => {
    receiver.answer = () => {};
    await addEvent(db, 'ale_1', { channelId: 'alc_1' });
    const sender = createSender({ timeoutMs: 60_000, stopWaitMs: 1 });
    sender.start();
    await expect.poll(() => receiver.messages.length).toBe(1);
    await sender.stop();
    await addEvent(db, 'ale_2', { channelId: 'alc_2' });
    await sender.run();
    expect(await claimDeliveries(db, { leaseMs: 1, limit: 10, busyChannelIds: [] })).toMatchObject([
      { id: 'ald_ale_2' },
    ]);
    expect(receiver.messages).toHaveLength(1);
  });
});

describe('alert mails', () => {
  beforeEach(() =>
    addChannel(db, 'alc_m', { kind: 'email', recipients: ['a@example.com', 'b@example.com'] }),
  );

  it('[OPS-5] one to each reader, in words', async () => {
    const mails = await startSmtp();
    await addEvent(db, 'ale_1', { channelId: 'alc_m' });
    await createSender().run();
    expect(mails.map(({ to }) => to).toSorted()).toEqual(['a@example.com', 'b@example.com']);
    expect(mails[0]?.text).toMatch(/^From: Alerts <alerts@example\.com>\r$/m);
    expect(mails[0]?.text).toContain("Subject: Tollgate warning: 'rule of ale_1' fires");
    expect(mails[0]?.text).toContain('requests is 7, above 0.');
    expect(await readDeliveries()).toMatchObject([{ state: 'sent', fault: null }]);
  });

  it('[OPS-5] who has got it does not get it again when another one has to wait', async () => {
    let refusals = 0;
    const mails = await startSmtp({
      onRcptTo({ address }, _session, done) {
        const isGrey = address.startsWith('b') && refusals < 2;
        if (isGrey) refusals += 1;
        done(isGrey ? Object.assign(new Error('come again'), { responseCode: 451 }) : null);
      },
    });
    await addEvent(db, 'ale_1', { channelId: 'alc_m' });
    createSender().start();
    await waitForAll();
    expect(mails.map(({ to }) => to)).toEqual(['a@example.com', 'b@example.com']);
    expect(await readDeliveries()).toMatchObject([{ state: 'sent', tries: 2 }]);
  });

  it('[OPS-5] a server that is away: three more tries, then the fallback; readers are not in the log', async () => {
    await startSmtp();
    for (const close of closers.splice(0)) await close();
    await addRule(db, 'alr_1', { channelId: 'alc_m', fallbackChannelId: 'alc_2' });
    await addEvent(db, 'ale_1', { ruleId: 'alr_1', channelId: 'alc_m' });
    createSender().start();
    await waitForAll();
    expect(paths()).toEqual(['/two']);
    expect(await readDeliveries()).toMatchObject([
      { state: 'failed', tries: 4 },
      { state: 'sent', isFallback: true },
    ]);
    expect(logged.join()).not.toContain('example.com');
  });

  it('[OPS-5] a reader whom the server refuses does not keep it from the others, and is told to the admin', async () => {
    const refuse = Object.assign(new Error('no such user'), { responseCode: 550 });
    const mails = await startSmtp({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('a') ? refuse : null),
    });
    await addEvent(db, 'ale_1', { channelId: 'alc_m' });
    await createSender().run();
    expect(mails.map(({ to }) => to)).toEqual(['b@example.com']);
    expect(await readDeliveries()).toMatchObject([{ state: 'sent', fault: expect.stringContaining('550') }]);
  });

  it('[OPS-5] a server that says nothing at all takes no longer than its time', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => silent.close(resolve)));
    smtpPort = (silent.address() as AddressInfo).port;
    await addEvent(db, 'ale_1', { channelId: 'alc_m' });
    await createSender({ timeoutMs: 50, retryDelaysMs: [] }).run();
    expect(await readDeliveries()).toMatchObject([{ state: 'failed', tries: 1 }]);
  });
});
