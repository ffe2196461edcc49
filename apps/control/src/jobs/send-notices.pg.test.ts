import { createServer, type AddressInfo, type Server } from 'node:net';
import { silentLogger, type Logger } from '@tollgate/core';
import { openDatabase, type Database } from '@tollgate/db';
import { createCertificate, createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseSmtpUrl } from '../mail/parse-smtp-url.ts';
import type { Job } from './periodic-job.ts';
import { createNoticeJob } from './send-notices.ts';

const FROM = 'Tollgate <billing@example.com>';

let database: TestDatabase;
let db: Database;
let port = 0;
let smtp: SMTPServer | null = null;
const warnings: string[] = [];
const logger: Logger = { ...silentLogger, warn: (detail) => void warnings.push(JSON.stringify(detail)) };

interface Received {
  from: string;
  to: string[];
  text: string;
}
const received: Received[] = [];

/** The answer to the mail itself; null = it is taken. */
type Answer = (mail: Received) => Error | null;

function refuse(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

/** A real SMTP server; `port` stays the same from one to the next. */
async function startSmtp(options: SMTPServerOptions = {}, answer: Answer = () => null): Promise<void> {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const mail = {
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        };
        const refusal = answer(mail);
        if (refusal === null) received.push(mail);
        done(refusal);
      });
    },
    ...options,
  });
  smtp.on('error', () => {});
  await new Promise<void>((resolve) => smtp?.listen(port, '127.0.0.1', resolve));
  port = (smtp.server.address() as AddressInfo).port;
}

async function stopSmtp(): Promise<void> {
  await new Promise<void>((resolve) => (smtp ? smtp.close(resolve) : resolve()));
  smtp = null;
}

function createJob(query = '', credentials = ''): Job {
  const server = parseSmtpUrl(`smtp://${credentials}127.0.0.1:${port}${query}`);
  return createNoticeJob({
    db,
    logger,
    smtp: server,
    from: FROM,
    retryDelaysMs: [1, 2, 4],
    timeoutMs: 20_000,
  });
}

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 6 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  received.length = 0;
  warnings.length = 0;
  await db.sql`delete from notices`;
  await db.sql`delete from users`;
});
afterEach(stopSmtp);

/** A user whose balance has just come down to the threshold. */
async function addNotice(emails: string[] = [], user = 'u'): Promise<void> {
  await db.sql`
    with told as (
      insert into users (id, email, notice_emails, low_balance_threshold, low_balance_notified_at)
      values (${`usr_${user}`}, ${`${user}@example.com`}, ${JSON.stringify(emails)}::text::jsonb, 5, now()) returning id
    ) insert into notices (user_id, kind, detail)
      select id, 'low-balance', '{"balance":"4.2","threshold":"5"}' from told`;
}

async function readNotices() {
  const rows = await db.sql`
    select pending, tries, sent_at is not null as sent, failed_at is not null as failed, fault,
      round(extract(epoch from next_try_at - now()))::int as "inSeconds" from notices order by id`;
  return [...rows];
}

const makeDue = () => db.sql`update notices set next_try_at = now()`;

describe('low-balance mails', () => {
  it('[MON-11] sends one mail to the user and one to each extra address, and none again', async () => {
    await startSmtp();
    await addNotice(['ops@example.com', 'u@example.com']);
    const job = createJob();
    await Promise.all([job.run(), job.run()]);
    await makeDue();
    await job.run();
    expect(received.map(({ from, to }) => [from, to])).toEqual([
      ['billing@example.com', ['u@example.com']],
      ['billing@example.com', ['ops@example.com']],
    ]);
    expect(received[0]?.text).toMatch(/^From: Tollgate <billing@example\.com>\r\nTo: u@example\.com\r\n/m);
    expect(received[0]?.text).toContain('Subject: Your balance is low: 4.2 USD');
    expect(received[0]?.text).toContain('came down to 5 USD');
    expect(received[0]?.text).not.toContain('ops@example.com');
    expect(await readNotices()).toMatchObject([
      { sent: true, failed: false, pending: [], fault: null, tries: 1 },
    ]);
  });

  it('[MON-11] of four control planes at once each notice is sent by one', async () => {
    await startSmtp();
    for (let n = 0; n < 12; n += 1) await addNotice([], `u${n}`);
    await Promise.all(Array.from({ length: 4 }, () => createJob().run()));
    const readers = received.map(({ to }) => to[0]).toSorted();
    expect(readers).toEqual(Array.from({ length: 12 }, (_, n) => `u${n}@example.com`).toSorted());
  });

  it('[MON-11] a server that is away is tried again at once, then later with back-off, then given up', async () => {
    await startSmtp();
    await stopSmtp();
    await addNotice();
    const job = createJob();
    const waits: unknown[] = [];
    for (let round = 0; round < 8; round += 1) {
      await makeDue();
      await job.run();
      const [notice] = await readNotices();
      waits.push(notice?.['failed'] ? 'failed' : Math.round(Number(notice?.['inSeconds']) / 60));
    }
    expect(waits).toEqual([1, 5, 15, 60, 240, 480, 720, 'failed']);
    expect(await readNotices()).toMatchObject([
      { sent: false, tries: 8, fault: expect.stringContaining('later: ') },
    ]);
    expect(warnings.join()).not.toContain('u@example.com');
  });

  it('[MON-11] is sent when the server comes back', async () => {
    await startSmtp();
    await stopSmtp();
    await addNotice();
    const job = createJob();
    await job.run();
    await startSmtp();
    await job.run();
    expect(received).toEqual([]);
    await makeDue();
    await job.run();
    expect(received).toHaveLength(1);
    expect(await readNotices()).toMatchObject([{ sent: true, tries: 2, fault: null }]);
  });

  it('[MON-11] a server that asks to come again gets the mail once it takes it (greylisting)', async () => {
    let calls = 0;
    await startSmtp({
      onRcptTo: (_address, _session, done) => done((calls += 1) < 3 ? refuse(451, 'come again') : null),
    });
    await addNotice();
    await createJob().run();
    expect(calls).toBe(3);
    expect(received).toHaveLength(1);
    expect(await readNotices()).toMatchObject([{ sent: true, tries: 1, fault: null }]);
  });

  it('[MON-11] a reader who has it does not get it again when another one has to wait', async () => {
    let isGrey = true;
    await startSmtp({
      onRcptTo: ({ address }, _session, done) =>
        done(isGrey && address.startsWith('ops') ? refuse(450, 'later') : null),
    });
    await addNotice(['ops@example.com']);
    const job = createJob();
    await job.run();
    expect(await readNotices()).toMatchObject([{ sent: false, pending: ['ops@example.com'] }]);
    isGrey = false;
    await makeDue();
    await job.run();
    expect(received.map(({ to }) => to[0])).toEqual(['u@example.com', 'ops@example.com']);
    expect(await readNotices()).toMatchObject([{ sent: true, pending: [] }]);
  });

  it.each([
    [
      'address',
      {
        onRcptTo: (_: unknown, __: unknown, done: (fault?: Error) => void) =>
          done(refuse(550, 'no such user')),
      },
      undefined,
    ],
    ['mail', {}, () => refuse(554, 'spam')],
  ])('[MON-11] a refused %s is not tried again', async (_name, options, answer) => {
    let calls = 0;
    await startSmtp(
      {
        ...options,
        onMailFrom: (_address, _session, done) => {
          calls += 1;
          done();
        },
      },
      answer,
    );
    await addNotice();
    const job = createJob();
    await job.run();
    await makeDue();
    await job.run();
    expect(calls).toBe(1);
    expect(await readNotices()).toMatchObject([
      { sent: false, failed: true, fault: expect.stringContaining('refused: ') },
    ]);
  });

  it('[MON-11] one refused reader does not keep the others from theirs', async () => {
    await startSmtp({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('u@') ? refuse(550, 'gone') : null),
    });
    await addNotice(['ops@example.com']);
    await createJob().run();
    expect(received.map(({ to }) => to[0])).toEqual(['ops@example.com']);
    expect(await readNotices()).toMatchObject([{ sent: true, fault: expect.stringContaining('550') }]);
  });

  it('[MON-11] a connection that breaks after the mail and before the answer: at most once', async () => {
    const taken: string[] = [];
    await startSmtp({}, (mail) => {
      taken.push(mail.text);
      for (const connection of smtp?.connections ?? []) connection.close();
      return null;
    });
    await addNotice();
    const job = createJob();
    await job.run();
    await makeDue();
    await job.run();
    expect(taken).toHaveLength(1);
    expect(await readNotices()).toMatchObject([
      { sent: true, fault: expect.stringContaining('uncertain: ') },
    ]);
  });

  it('[MON-11] a sender that was killed with the mail under way: at most once', async () => {
    await startSmtp();
    await addNotice(['ops@example.com']);
    // What the killed one has left: the first reader was struck before the content went out.
    await db.sql`update notices set pending = '["ops@example.com"]', tries = 1, next_try_at = now() - interval '1 s'`;
    await createJob().run();
    expect(received.map(({ to }) => to[0])).toEqual(['ops@example.com']);
  });

  it('[MON-11] a claim that was lost in the meantime sends nothing', async () => {
    await startSmtp({
      async onRcptTo(_address, _session, done) {
        await db.sql`update notices set tries = 7`;
        done();
      },
    });
    await addNotice();
    await createJob().run();
    expect(received).toEqual([]);
    expect(await readNotices()).toMatchObject([{ sent: false, failed: false, tries: 7 }]);
  });

  it.each([
    ['a top-up', () => db.sql`update users set low_balance_notified_at = null`],
    ['a newer notice', () => db.sql`update users set low_balance_notified_at = now() + interval '1 s'`],
    ['the end of the user', () => db.sql`delete from users`],
    [
      'three days',
      () =>
        db.sql`with u as (update users set low_balance_notified_at = now() - interval '4 d') update notices set at = now() - interval '4 d'`,
    ],
  ])('[MON-11] is not sent after %s', async (_name, change) => {
    await startSmtp();
    await addNotice();
    await change();
    await createJob().run();
    expect(received).toEqual([]);
    expect(await readNotices()).toMatchObject([{ failed: true, fault: 'is no news any more' }]);
  });

  it('a database that is away is a warning; a stopped job sends nothing', async () => {
    await startSmtp();
    const away = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
    const server = parseSmtpUrl(`smtp://127.0.0.1:${port}`);
    await createNoticeJob({ db: away, logger, smtp: server, from: FROM }).run();
    await away.close();
    expect(warnings).toHaveLength(1);
    await addNotice();
    const job = createJob();
    await job.stop();
    await job.run();
    expect(received).toEqual([]);
  });

  it('a stop does not wait for the tries that are left', async () => {
    await startSmtp();
    await stopSmtp();
    await addNotice();
    const server = parseSmtpUrl(`smtp://127.0.0.1:${port}`);
    const job = createNoticeJob({ db, logger, smtp: server, from: FROM, retryDelaysMs: [3_600_000] });
    void job.run();
    await expect.poll(readNotices).toMatchObject([{ tries: 1 }]);
    await job.stop();
    expect(await readNotices()).toMatchObject([{ sent: false, tries: 1, pending: ['u@example.com'] }]);
  });
});

describe('the mail server', () => {
  const { key, cert } = createCertificate(Date.now());
  const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) =>
    username === 'ann@x' && password === 'p:w'
      ? done(null, { user: username })
      : done(refuse(535, 'wrong password'));
  const tls: SMTPServerOptions = { key, cert, onAuth, authOptional: false, disabledCommands: [] };

  it('[MON-11] signs in over STARTTLS', async () => {
    await startSmtp(tls);
    await addNotice();
    await createJob('?verify=off', 'ann%40x:p%3Aw@').run();
    expect(received).toHaveLength(1);
  });

  it.each([
    ['a certificate that nobody has signed', tls, '', 'ann%40x:p%3Aw@'],
    [
      'no STARTTLS for a password',
      { onAuth, authOptional: false, disabledCommands: ['STARTTLS'] },
      '',
      'ann%40x:p%3Aw@',
    ],
    ['a wrong password', tls, '?verify=off', 'ann%40x:wrong@'],
  ])(
    '[MON-11] with %s nothing is sent, and it is tried later',
    async (_name, options, query, credentials) => {
      await startSmtp(options);
      await addNotice();
      await createJob(query, credentials).run();
      expect(received).toEqual([]);
      expect(await readNotices()).toMatchObject([{ sent: false, failed: false, tries: 1 }]);
      expect(JSON.stringify([warnings, await readNotices()])).not.toMatch(/wrong@|p:w/);
    },
  );

  it('[MON-11] that says nothing at all costs one wait a try', async () => {
    const silent: Server = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    await addNotice();
    const server = parseSmtpUrl(`smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const job = createNoticeJob({ db, logger, smtp: server, from: FROM, retryDelaysMs: [], timeoutMs: 100 });
    await job.run();
    expect(await readNotices()).toMatchObject([
      { sent: false, tries: 1, fault: expect.stringContaining('later') },
    ]);
    await new Promise((resolve) => silent.close(resolve));
  });
});
