import { createHmac } from 'node:crypto';
import { buildAlertSealContext, systemClock, type AlertChannelKind } from '@tollgate/core';
import { parseSecretKey, sealSecret, type StoredAlertChannel, type StoredAlertEvent } from '@tollgate/db';
import { createOutboundPolicy } from '@tollgate/outbound';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startReceiver, type Receiver, type ReceiverAnswer } from '../testing/start-receiver.ts';
import type { AlertNotice } from './alert-notice.ts';
import { createNoticeDelivery, type DeliverNotice } from './deliver-notice.ts';

const KEY = parseSecretKey('5'.repeat(64));
const NOW_MS = Date.UTC(2030, 0, 1, 12, 0, 0, 500);
const TOKEN = 'T0ken-of-the-channel';
const EVENT: StoredAlertEvent = {
  id: 'ale_1',
  ruleId: 'alr_1',
  ruleName: 'Too <many> *errors* & "more"',
  severity: 'critical',
  metric: 'error_ratio',
  filter: { model: ['a', 'b'], group: ['grp_1'] },
  comparison: 'above',
  threshold: '0.050000000000',
  valueAtFire: '0.200000000000',
  valueAtResolve: null,
  firedAt: '2030-01-01T11:59:00.000Z',
  resolvedAt: null,
};
const FIRING: AlertNotice = { id: 'ald_1', kind: 'firing', channelName: 'ops', event: EVENT };
const RESOLVED: AlertNotice = {
  ...FIRING,
  kind: 'resolved',
  event: { ...EVENT, valueAtResolve: '100.000000000000', resolvedAt: '2030-01-01T12:00:00.000Z' },
};
const TEST: AlertNotice = { ...FIRING, kind: 'test', event: null };

let receiver: Receiver;
let deliver: DeliverNotice;
beforeEach(async () => {
  receiver = await startReceiver();
  deliver = build(['127.0.0.0/8']);
});
afterEach(() => receiver.stop());

function build(allow: string[], timeoutMs = 3_000): DeliverNotice {
  const clock = { ...systemClock, nowMs: () => NOW_MS };
  const policy = createOutboundPolicy({ allow });
  return createNoticeDelivery({ policy, secretKey: KEY, clock, mail: null, timeoutMs });
}

function channel(kind: AlertChannelKind, { url = `${receiver.origin}/hook/${TOKEN}`, secret = '' } = {}) {
  const seal = (text: string, what: 'url' | 'secret') =>
    sealSecret(text, KEY, buildAlertSealContext('alc_1', what));
  const stored: StoredAlertChannel = {
    id: 'alc_1',
    name: 'ops',
    kind,
    config: { host: '127.0.0.1' },
    sealedUrl: kind === 'email' ? null : seal(url, 'url'),
    sealedSecret: secret === '' ? null : seal(secret, 'secret'),
    isEnabled: true,
  };
  return stored;
}

const json =
  (content: unknown): ReceiverAnswer =>
  (response) =>
    void response.end(JSON.stringify(content));
const status =
  (code: number, headers = {}): ReceiverAnswer =>
  (response) =>
    void response.writeHead(code, headers).end(`${code} for ${TOKEN}`);
const readBody = (): Record<string, unknown> => JSON.parse(receiver.messages.at(-1)?.body ?? 'null');

describe('webhook', () => {
  it('[OPS-5] signs time and body with the secret, and names the message', async () => {
    expect(await deliver(channel('webhook', { secret: 's3cret' }), FIRING)).toEqual({
      kind: 'sent',
      fault: null,
    });
    const [message] = receiver.messages;
    const [, seconds, digest] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(message?.headers['x-tollgate-signature'])) ?? [];
    expect(Number(seconds)).toBe(Math.floor(NOW_MS / 1_000));
    expect(digest).toBe(createHmac('sha256', 's3cret').update(`${seconds}.${message?.body}`).digest('hex'));
    expect(message?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-tollgate-delivery': 'ald_1',
    });
    expect(message?.path).toBe(`/hook/${TOKEN}`);
  });

  it('[OPS-5] says what fires in fields that docs/alerts.md has', async () => {
    await deliver(channel('webhook'), FIRING);
    expect(receiver.messages[0]?.headers).not.toHaveProperty('x-tollgate-signature');
    expect(readBody()).toEqual({
      version: 1,
      deliveryId: 'ald_1',
      kind: 'firing',
      sentAt: '2030-01-01T12:00:00.500Z',
      text: [
        'Tollgate critical: \'Too <many> *errors* & "more"\' fires',
        'error_ratio is 0.2, above 0.05.',
        'Of model: a, b; group: grp_1.',
        'Since 2030-01-01T11:59:00.000Z.',
      ].join('\n'),
      event: {
        id: 'ale_1',
        rule: { id: 'alr_1', name: EVENT.ruleName },
        severity: 'critical',
        metric: 'error_ratio',
        unit: 'ratio',
        filter: EVENT.filter,
        comparison: 'above',
        threshold: '0.050000000000',
        valueAtFire: '0.200000000000',
        valueAtResolve: null,
        firedAt: EVENT.firedAt,
        resolvedAt: null,
      },
    });
  });

  it('[OPS-5] says that it is over, or but a test', async () => {
    await deliver(channel('webhook'), RESOLVED);
    expect(readBody()).toMatchObject({ kind: 'resolved', event: { resolvedAt: '2030-01-01T12:00:00.000Z' } });
    expect(readBody()['text']).toContain('error_ratio is 100.');
    await deliver(channel('webhook'), TEST);
    expect(readBody()).toMatchObject({
      kind: 'test',
      event: null,
      text: expect.stringContaining("'ops' works"),
    });
  });

  it('[OPS-5] a metric of another version is told as it is', async () => {
    await deliver(channel('webhook'), { ...FIRING, event: { ...EVENT, metric: 'toString' } });
    expect(readBody()).toMatchObject({ event: { metric: 'toString', unit: null } });
  });

  it('the URL goes out with its query and the slash at its end', async () => {
    await deliver(channel('webhook', { url: `${receiver.origin}/a/?key=${TOKEN}%2B` }), FIRING);
    expect(receiver.messages[0]?.path).toBe(`/a/?key=${TOKEN}%2B`);
  });
});

describe('chat robots', () => {
  it('[OPS-5] Slack: text for notifications and blocks, in which nothing of a name is markup', async () => {
    expect((await deliver(channel('slack'), FIRING)).kind).toBe('sent');
    const body = readBody();
    expect(body['text']).toContain('Too &lt;many&gt; *errors* &amp;');
    expect(body['blocks']).toEqual([
      {
        type: 'header',
        text: { type: 'plain_text', text: 'Tollgate critical: \'Too <many> *errors* & "more"\' fires' },
      },
      { type: 'section', text: { type: 'plain_text', text: expect.stringContaining('0.2, above 0.05') } },
    ]);
  });

  it('[OPS-5] Slack: no longer than its blocks may be', async () => {
    const long = { ...EVENT, ruleName: '😀'.repeat(200), filter: { model: ['m'.repeat(5_000)] } };
    await deliver(channel('slack'), { ...FIRING, event: long });
    const [header, section] = readBody()['blocks'] as { text: { text: string } }[];
    expect([header?.text.text.length, section?.text.text.length]).toEqual([150, 3_000]);
    expect(header?.text.text.isWellFormed()).toBe(true);
  });

  it('[OPS-5] Feishu: a card, signed with time and secret as the key of an empty text', async () => {
    receiver.answer = json({ code: 0, msg: 'success', data: {} });
    expect((await deliver(channel('feishu', { secret: 's3cret' }), RESOLVED)).kind).toBe('sent');
    const seconds = String(Math.floor(NOW_MS / 1_000));
    expect(readBody()).toMatchObject({
      timestamp: seconds,
      sign: createHmac('sha256', `${seconds}\ns3cret`).digest('base64'),
      msg_type: 'interactive',
      card: { header: { template: 'green', title: { tag: 'plain_text' } } },
    });
    await deliver(channel('feishu'), FIRING);
    expect(Object.keys(readBody())).toEqual(['msg_type', 'card']);
  });

  it('[OPS-5] DingTalk: markdown, signed in the query beside the access token', async () => {
    receiver.answer = json({ errcode: 0, errmsg: 'ok' });
    const url = `${receiver.origin}/robot/send?access_token=${TOKEN}`;
    expect((await deliver(channel('dingtalk', { url, secret: 's3cret' }), FIRING)).kind).toBe('sent');
    const { searchParams } = new URL(receiver.messages[0]?.path ?? '', receiver.origin);
    expect(Object.fromEntries(searchParams)).toEqual({
      access_token: TOKEN,
      timestamp: String(NOW_MS),
      sign: createHmac('sha256', 's3cret').update(`${NOW_MS}\ns3cret`).digest('base64'),
    });
    expect(readBody()).toMatchObject({
      msgtype: 'markdown',
      markdown: { text: expect.stringContaining(String.raw`\*errors\*`) },
    });
    await deliver(channel('dingtalk', { url }), FIRING);
    expect(receiver.messages[1]?.path).toBe(`/robot/send?access_token=${TOKEN}`);
  });

  it.each([
    ['feishu', { code: 0 }, 'sent'],
    ['feishu', { StatusCode: 0, StatusMessage: 'success' }, 'sent'],
    ['feishu', { code: 19021, msg: 'sign match fail' }, 'refused'],
    ['feishu', { code: 11232, msg: 'frequency limited' }, 'busy'],
    ['feishu', { code: '0' }, 'later'],
    ['feishu', {}, 'later'],
    ['feishu', [], 'later'],
    ['dingtalk', { errcode: 0 }, 'sent'],
    ['dingtalk', { errcode: 310000, errmsg: 'sign not match' }, 'refused'],
    ['dingtalk', { errcode: 130101, errmsg: 'send too fast' }, 'busy'],
    ['dingtalk', 'ok', 'later'],
    ['dingtalk', null, 'later'],
    ['slack', { ok: true }, 'sent'],
    ['slack', { ok: false, error: 'invalid_auth' }, 'refused'],
  ] as const)('[OPS-5] %s that answers 200 and %j: %s', async (kind, answer, outcome) => {
    receiver.answer = json(answer);
    const given = await deliver(channel(kind), FIRING);
    expect(given.kind).toBe(outcome);
    if (typeof answer === 'object' && answer && 'errmsg' in answer)
      expect(given.fault).toContain(answer.errmsg);
  });

  it.each(['feishu', 'dingtalk'] as const)(
    '[OPS-5] %s that answers 200 and a page has not taken it',
    async (kind) => {
      receiver.answer = (response) => void response.end('<html>sign in</html>');
      expect(await deliver(channel(kind), FIRING)).toMatchObject({
        kind: 'later',
        fault: expect.stringContaining('nobody can read'),
      });
    },
  );
});

describe('receivers that fail', () => {
  it.each([
    [200, 'sent'],
    [204, 'sent'],
    [302, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [408, 'later'],
    [410, 'refused'],
    [429, 'busy'],
    [500, 'later'],
    [503, 'later'],
  ])('[OPS-5] [OPS-6] %s is %s, and no redirect is followed', async (code, outcome) => {
    receiver.answer = status(code, code === 302 ? { location: `${receiver.origin}/elsewhere` } : {});
    expect((await deliver(channel('webhook'), FIRING)).kind).toBe(outcome);
    expect(receiver.messages).toHaveLength(1);
  });

  it.each([
    ['hangs', (() => {}) as ReceiverAnswer, 'no answer within 200 ms'],
    ['does not end its answer', ((response) => void response.write('o')) as ReceiverAnswer, 'within 200 ms'],
    ['closes', ((response) => void response.destroy()) as ReceiverAnswer, 'no answer'],
    [
      'sends garbage',
      ((response) => void response.socket?.end('garbage\r\n\r\n')) as ReceiverAnswer,
      'no answer',
    ],
    ['sends too much', ((response) => void response.end('x'.repeat(300_000))) as ReceiverAnswer, 'too large'],
  ])('[OPS-6] one that %s may be tried again, and its URL is not told', async (_name, answer, told) => {
    receiver.answer = answer;
    const outcome = await build(['127.0.0.0/8'], 200)(channel('webhook'), FIRING);
    expect(outcome).toMatchObject({ kind: 'later', fault: expect.stringContaining(told) });
    expect(outcome.fault).not.toContain(TOKEN);
    expect(outcome.fault).not.toContain('127.0.0.1');
  });

  it('[OPS-5] one that quotes URL and secret: neither is told', async () => {
    receiver.answer = (response, { path }) =>
      void response.end(JSON.stringify({ code: 19021, msg: `${path} with s3cret-of-theirs` }));
    const outcome = await deliver(channel('feishu', { secret: 's3cret-of-theirs' }), FIRING);
    expect(outcome.kind).toBe('refused');
    expect(outcome.fault).not.toMatch(new RegExp(`${TOKEN}|s3cret`));
  });

  it('[OPS-6] nobody there, then an address that is not allowed, literal or resolved', async () => {
    const { origin } = receiver;
    const gone = await startReceiver();
    await gone.stop();
    expect((await deliver(channel('webhook', { url: gone.origin }), FIRING)).kind).toBe('later');
    for (const url of [origin, origin.replace('127.0.0.1', 'localhost'), 'http://169.254.169.254/x']) {
      expect(await build([])(channel('webhook', { url }), FIRING)).toMatchObject({
        kind: 'refused',
        fault: expect.stringMatching(/not allowed|forbidden-address/),
      });
    }
    expect(receiver.messages).toEqual([]);
  });

  it('[OPS-5] a URL that another key has sealed, and mail without a server, are refused in words', async () => {
    const other = { ...channel('webhook'), id: 'alc_2' };
    expect(await deliver(other, FIRING)).toMatchObject({
      kind: 'refused',
      fault: expect.stringContaining('save it again'),
    });
    expect(await deliver(channel('email'), FIRING)).toMatchObject({
      kind: 'refused',
      fault: expect.stringContaining('TOLLGATE_SMTP_URL'),
    });
  });
});
