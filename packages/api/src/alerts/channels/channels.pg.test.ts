import { buildAlertSealContext } from '@tollgate/core';
import { openSecret, schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const URL_A = 'https://hooks.example/robot?access_token=planted-a';
const URL_B = 'https://other.example:8443/robot?access_token=planted-b';
const SECRET = 'planted-secret-a';
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());
beforeEach(() => api.db.sql`truncate alert_channels, alert_rules, alert_deliveries, audit cascade`);

type Create = Parameters<typeof api.client.alertChannels.create.mutate>[0];
const create = (input: Create) => api.client.alertChannels.create.mutate(input);
const addWebhook = (name = 'hook') => create({ name, kind: 'webhook', url: URL_A, secret: SECRET });
const addMail = (name = 'mail') => create({ name, kind: 'email', recipients: ['Ann@example.com'] });

/** As whoever sends opens them. */
async function readSecrets(id: string): Promise<(string | null)[]> {
  const [row] = await api.db.select().from(schema.alertChannels).where(eq(schema.alertChannels.id, id));
  const open = (sealed: string | null | undefined, what: 'url' | 'secret') =>
    sealed ? openSecret(sealed, api.services.secretKey, buildAlertSealContext(id, what)) : null;
  return [open(row?.sealedUrl, 'url'), open(row?.sealedSecret, 'secret')];
}

describe('alert channels', () => {
  it('[CTL-3] [OPS-5] are made, found, changed and deleted; of URL and secret only the host shows', async () => {
    const made = await addWebhook();
    expect(made).toMatchObject({
      kind: 'webhook',
      host: 'hooks.example',
      isSigned: true,
      recipients: [],
      rules: 0,
    });
    expect(await readSecrets(made.id)).toEqual([URL_A, SECRET]);
    expect(await api.client.alertChannels.get.query({ name: 'hook' })).toEqual(made);
    const update = { id: made.id, name: 'pager', url: URL_B, secret: 'planted-secret-b', isEnabled: false };
    const changed = await api.client.alertChannels.update.mutate(update);
    expect(changed).toMatchObject({ name: 'pager', host: 'other.example:8443', isEnabled: false });
    expect(await readSecrets(made.id)).toEqual([URL_B, 'planted-secret-b']);
    expect((await api.client.alertChannels.list.query({ search: 'PAG' })).items).toEqual([changed]);
    await api.client.alertChannels.delete.mutate({ id: made.id });
    await expect(api.client.alertChannels.get.query({ id: made.id })).rejects.toMatchObject({
      data: { httpStatus: 404 },
    });
    const audit = await api.readAudit();
    expect(audit.map(({ action }) => action)).toEqual([
      'alert-channel.create',
      'alert-channel.update',
      'alert-channel.delete',
    ]);
    expect(audit[1]?.detail).toMatchObject({ url: 'set', secret: 'set', host: 'other.example:8443' });
    expect(JSON.stringify([audit, made, changed, api.logged])).not.toContain('planted');
  });

  it('[OPS-5] mail goes to a list of addresses', async () => {
    const made = await addMail();
    expect(made).toMatchObject({ recipients: ['ann@example.com'], host: null, isSigned: false });
    const recipients = ['bob@example.com', 'eve@example.com'];
    const changed = await api.client.alertChannels.update.mutate({ id: made.id, recipients });
    expect(changed.recipients).toEqual(recipients);
    await expect(
      api.client.alertChannels.update.mutate({ id: made.id, recipients: ['a@example.com', 'A@example.com'] }),
    ).rejects.toThrow('names somebody twice');
  });

  it('[CTL-1] a change of nothing is none', async () => {
    const hook = await addWebhook();
    const mail = await addMail();
    const audit = await api.readAudit();
    const same = { id: hook.id, name: 'hook', url: URL_A, secret: SECRET, isEnabled: true };
    expect(await api.client.alertChannels.update.mutate(same)).toEqual(hook);
    const sameMail = { id: mail.id, recipients: ['ann@example.com'] };
    expect(await api.client.alertChannels.update.mutate(sameMail)).toEqual(mail);
    expect(await api.readAudit()).toEqual(audit);
  });

  it('[OPS-5] a signature can be given up where the receiver allows it', async () => {
    const robot = await create({ name: 'robot', kind: 'dingtalk', url: URL_A, secret: SECRET });
    const open = await api.client.alertChannels.update.mutate({ id: robot.id, secret: null });
    expect(open.isSigned).toBe(false);
    const { id } = await addWebhook();
    await expect(api.client.alertChannels.update.mutate({ id, secret: null })).rejects.toThrow(
      'secret: a channel',
    );
  });

  it.each([
    [
      { kind: 'email', url: URL_A },
      'url: a channel of kind email has none\nrecipients: a channel of kind email needs',
    ],
    [
      { kind: 'email', recipients: ['a@b.example'], secret: SECRET },
      'secret: a channel of kind email has none',
    ],
    [{ kind: 'email', recipients: [] }, 'recipients: names nobody'],
    [{ kind: 'email', recipients: ['nobody'] }, 'recipients[0]: not an e-mail address'],
    [{ kind: 'webhook', url: URL_A }, 'secret: a channel of kind webhook needs it'],
    [{ kind: 'webhook', secret: SECRET }, 'url: a channel of kind webhook needs it'],
    [{ kind: 'webhook', url: URL_A, secret: 'short' }, 'secret: at least 8'],
    [{ kind: 'webhook', url: URL_A, secret: 'with\r\nheader: x' }, 'secret: printable ASCII'],
    [{ kind: 'slack', url: URL_A, secret: SECRET }, 'secret: a channel of kind slack has none'],
    [
      { kind: 'slack', url: URL_A, recipients: ['a@b.example'] },
      'recipients: a channel of kind slack has none',
    ],
    [{ kind: 'feishu', url: 'http://hooks.example/planted' }, 'url: must begin with https://'],
    [{ kind: 'dingtalk' }, 'url: a channel of kind dingtalk needs it'],
  ] as const)('[OPS-5] [OPS-6] %j is refused: %s', async (input, message) => {
    const call = create({ name: 'x', ...input } as unknown as Create);
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.not.toThrow('planted');
    expect(await api.readAudit()).toEqual([]);
  });

  it('[OPS-6] a new URL is judged as the first one was, and the old one stays', async () => {
    const { id } = await addWebhook();
    const call = api.client.alertChannels.update.mutate({ id, url: 'ftp://planted.example' });
    await expect(call).rejects.toThrow('url: must begin with');
    expect(await readSecrets(id)).toEqual([URL_A, SECRET]);
  });

  it('[CTL-3] a name is taken once, also at once', async () => {
    const made = await Promise.allSettled([addWebhook(), addWebhook(), addMail('hook')]);
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(addMail('hook')).rejects.toMatchObject({ data: { httpStatus: 409 } });
  });

  it('[OPS-5] one that rules use stays, and says which', async () => {
    const [hook, mail] = [await addWebhook(), await addMail()];
    const rule = { metric: 'errors', comparison: 'above', threshold: 1 } as const;
    await api.client.alertRules.create.mutate({ ...rule, name: 'first', channelId: hook.id });
    const second = { ...rule, name: 'second', channelId: mail.id, fallbackChannelId: hook.id };
    const { id } = await api.client.alertRules.create.mutate(second);
    expect((await api.client.alertChannels.get.query({ id: hook.id })).rules).toBe(2);
    await expect(api.client.alertChannels.delete.mutate({ id: hook.id })).rejects.toThrow(
      'alert channel hook is used by first, second',
    );
    await api.client.alertRules.update.mutate({ id, fallbackChannelId: null });
    await expect(api.client.alertChannels.delete.mutate({ id: hook.id })).rejects.toThrow('used by first');
  });

  it('one sealed with another key counts as changed, and can be mended', async () => {
    const made = await addWebhook();
    await api.db.update(schema.alertChannels).set({ sealedUrl: 'v1:broken' });
    await api.client.alertChannels.update.mutate({ id: made.id, url: URL_A });
    expect(await readSecrets(made.id)).toEqual([URL_A, SECRET]);
  });
});

describe('a test', () => {
  it('[OPS-5] is put in line once while it waits, however often it is asked for', async () => {
    const { id } = await addWebhook();
    const tests = await Promise.all([1, 2, 3].map(() => api.client.alertChannels.test.mutate({ id })));
    expect(new Set(tests.map((test) => test.id)).size).toBe(1);
    expect(tests[0]).toMatchObject({
      kind: 'test',
      state: 'waiting',
      eventId: null,
      channelName: 'hook',
      tries: 0,
    });
    const sent = { state: 'sent', sentAt: new Date() } as const;
    await api.db.update(schema.alertDeliveries).set(sent);
    const again = await api.client.alertChannels.test.mutate({ id });
    expect(again.id).not.toBe(tests[0]?.id);
    const { items, nextCursor } = await api.client.alertChannels.listDeliveries.query({ id, limit: 1 });
    expect(items).toEqual([again]);
    const rest = await api.client.alertChannels.listDeliveries.query({ id, cursor: nextCursor });
    expect(rest.items).toMatchObject([
      { id: tests[0]?.id, state: 'sent', sentAt: sent.sentAt.toISOString() },
    ]);
    const actions = (await api.readAudit()).map(({ action }) => action);
    expect(actions).toEqual(['alert-channel.create', 'alert-channel.test', 'alert-channel.test']);
  });

  it('[OPS-5] that waits outlives its channel', async () => {
    const { id } = await addWebhook();
    await api.client.alertChannels.test.mutate({ id });
    await api.client.alertChannels.delete.mutate({ id });
    const rows = await api.db.select().from(schema.alertDeliveries);
    expect(rows).toMatchObject([{ channelId: null, channelName: 'hook', state: 'waiting' }]);
    await expect(api.client.alertChannels.test.mutate({ id })).rejects.toMatchObject({
      data: { httpStatus: 404 },
    });
  });
});
