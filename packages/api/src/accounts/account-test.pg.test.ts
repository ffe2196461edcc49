import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ADMIN_TOKEN, startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { createTollgateClient } from '../client.ts';
import type { AccountTestTarget } from './account-tester.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

let count = 0;
async function addAccount(modelMapping: Record<string, string> = {}): Promise<string> {
  count += 1;
  const { id } = await api.client.accounts.create.mutate({
    name: `account ${count}`,
    platform: 'openai',
    kind: 'api-key',
    credentials: { api_key: 'sk-planted' },
    proxy: 'http://user:planted@proxy.example:3128',
    modelMapping,
  });
  return id;
}

describe('accounts.test', () => {
  it('[ACC-8] gives each step as it comes, of the opened account', async () => {
    let seen: AccountTestTarget | null = null;
    const gate = Promise.withResolvers<void>();
    api.tester.run = async function* (target) {
      seen = target;
      yield { step: 'resolve', outcome: 'ok', ms: 1.5, detail: 'a' };
      await gate.promise;
      yield { step: 'guard', outcome: 'failed', ms: 2, detail: 'b' };
    };
    const id = await addAccount();
    const steps = await api.client.accounts.test.mutate({ id });
    const shown: string[] = [];
    for await (const { step } of steps) {
      shown.push(step);
      // The second step has not begun before the first was read.
      gate.resolve();
    }
    expect(shown).toEqual(['resolve', 'guard']);
    expect(seen).toMatchObject({
      platform: 'openai',
      baseUrl: 'https://api.openai.com',
      credentials: { api_key: 'sk-planted' },
      proxyUrl: 'http://user:planted@proxy.example:3128',
      model: 'gpt-5-nano',
      openAiProtocol: null,
    });
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'account.test',
      target: id,
      detail: { model: 'gpt-5-nano' },
    });
  });

  it.each([
    [{ 'big-*': 'vendor/*', small: 'vendor-small' }, undefined, 'vendor-small'],
    [{ 'big-*': 'vendor/*' }, 'big-one', 'vendor/one'],
    [{}, 'anything', 'anything'],
  ])('[ACC-8] of the mapping %o and %s it asks for %s', async (mapping, model, asked) => {
    let target: AccountTestTarget | null = null;
    api.tester.run = async function* (given) {
      target = given;
      yield { step: 'resolve', outcome: 'ok', ms: 1, detail: '' };
    };
    const id = await addAccount(mapping);
    for await (const _step of await api.client.accounts.test.mutate(
      model === undefined ? { id } : { id, model },
    ));
    expect(target).toMatchObject({ model: asked });
  });

  it('[ACC-8] refuses what the account does not serve, and an account that there is not', async () => {
    const id = await addAccount({ only: 'only' });
    const ask = (input: { id: string; model?: string }) => api.client.accounts.test.mutate(input);
    await expect(ask({ id, model: 'other' })).rejects.toMatchObject({ data: { httpStatus: 400 } });
    await expect(ask({ id: 'acc_none' })).rejects.toMatchObject({ data: { httpStatus: 404 } });
    await expect(api.connect().accounts.test.mutate({ id })).rejects.toMatchObject({
      data: { httpStatus: 401 },
    });
  });

  it('[ACC-8] ends when the caller leaves', async () => {
    const over = Promise.withResolvers<void>();
    api.tester.run = async function* (_target, signal) {
      yield { step: 'resolve', outcome: 'ok', ms: 1, detail: '' };
      if (!signal.aborted) await once(signal, 'abort');
      over.resolve();
    };
    const id = await addAccount();
    const leaving = new AbortController();
    const client = createTollgateClient({ url: api.url, token: ADMIN_TOKEN, signal: leaving.signal });
    const read = async () => {
      for await (const _step of await client.accounts.test.mutate({ id })) leaving.abort();
    };
    await read().catch(() => {});
    await over.promise;
    expect(leaving.signal.aborted).toBe(true);
  });

  it('[CTL-1] a step with more than the schema knows does not get out', async () => {
    api.tester.run = async function* () {
      yield { step: 'resolve', outcome: 'ok', ms: 1, detail: '', secret: 'planted' } as never;
    };
    const id = await addAccount();
    const read = async () => {
      for await (const _step of await api.client.accounts.test.mutate({ id }));
    };
    await expect(read()).rejects.toThrow(/internal error/u);
  });

  it('is refused where the caller cannot read a stream', async () => {
    const id = await addAccount();
    const response = await fetch(`${api.url}/trpc/accounts.test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id }),
    });
    expect(response.status).toBe(415);
  });
});
