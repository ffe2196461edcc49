import type { AccountId, AccountReport, AccountSnapshot, GroupSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, buildPool, GROUP_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, answerStream, CONTENT, type FakeCall } from '../testing/fake-upstream.ts';
import { overrideStore } from '../testing/override-store.ts';
import { countTokens } from './count-tokens.ts';

const SEALED = JSON.stringify({ access_token: 'token-1' });
const FRESH = JSON.stringify({ access_token: 'token-2' });
const REFUSED = answerJson(401, {});

interface Setting {
  fields?: object;
  group?: Partial<GroupSnapshot>;
  accounts?: Partial<AccountSnapshot>[];
}

/** A Messages client that counts on a group of Google's; the token can be refreshed once. */
function setUp({ fields = {}, group = {}, accounts = [{}] }: Setting = {}) {
  const services = buildServices();
  const platform = group.platform ?? 'antigravity';
  const oauth = { platform, kind: 'oauth', project: 'our-project', sealedCredentials: SEALED } as const;
  const built = accounts.map((each, index) =>
    buildAccount({ id: `acc_${index}` as AccountId, ...oauth, ...each }),
  );
  services.source.pools.set(GROUP_ID, buildPool(built));
  const reports: AccountReport[] = [];
  const { store } = services;
  services.store = overrideStore(store, {
    reportAccount(report) {
      reports.push(report);
      store.reportAccount(report);
    },
  });
  const refreshed: string[] = [];
  services.tokenRefresher = {
    async refresh(account) {
      refreshed.push(account.id);
      return account.sealedCredentials === SEALED ? { ...account, sealedCredentials: FRESH } : null;
    },
  };
  const path = '/v1/messages/count_tokens';
  const key = buildKey({ groups: [buildGroup({ ...group, platform })] });
  const { context, writer } = buildParsedContext(fields, key, { path });
  const calls = () =>
    services.upstream.calls.map(({ request }) => ({
      path: request.path,
      authorization: request.headers['authorization'],
      body: JSON.parse(String(request.body)) as unknown,
    }));
  const run = async (...answers: ((call: FakeCall) => void)[]) => {
    services.upstream.answer = (call) => (answers.shift() ?? answerFault)(call);
    return countTokens(context, services);
  };
  return { services, writer, context, run, calls, refreshed, reports };
}

const ESTIMATED = { 'x-tollgate-estimate': '1' };

describe('counts of upstreams that speak another protocol', () => {
  it.each(['antigravity', 'gemini'] as const)(
    '[API-5] %s: the upstream counts, in our client’s words',
    async (platform) => {
      const { run, calls, writer, services } = setUp({ group: { platform } });
      expect(await run(answerJson(200, '{"totalTokens":7,"later":{}}'))).toBeNull();
      expect(calls()).toEqual([
        {
          path: '/v1internal:countTokens',
          authorization: 'Bearer token-1',
          body: {
            request: {
              model: 'models/claude-sonnet-4-5',
              contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
            },
          },
        },
      ]);
      expect([writer.status, writer.body]).toEqual([200, '{"input_tokens":7}']);
      expect(writer.headers).toMatchObject({ 'x-tollgate-attempts': '1' });
      expect(writer.headers).not.toMatchObject(ESTIMATED);
      expect(services.journal.opened).toEqual([]);
    },
  );

  it('[API-5] system text and tools are counted as texts: the upstream’s count, with the label', async () => {
    const { run, writer } = setUp({ fields: { system: 'Be brief.' } });
    await run(answerJson(200, '{"totalTokens":9}'));
    expect([writer.body, writer.headers]).toMatchObject(['{"input_tokens":9}', ESTIMATED]);
  });

  it('[API-5] [ACC-3] a refused token is refreshed once, and the same account asked again', async () => {
    const { run, calls, writer, refreshed } = setUp();
    expect(await run(REFUSED, answerJson(200, '{"totalTokens":7}'))).toBeNull();
    expect(refreshed).toEqual(['acc_0']);
    expect(calls().map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect([writer.body, writer.headers]).toMatchObject([
      '{"input_tokens":7}',
      { 'x-tollgate-attempts': '2' },
    ]);
  });

  it('[API-5] refused again: no third try, an estimate, and what it says of the account', async () => {
    const { run, calls, writer, reports } = setUp();
    expect(await run(REFUSED, REFUSED)).toBeNull();
    expect([calls().length, writer.status]).toEqual([2, 200]);
    expect(writer.headers).toMatchObject(ESTIMATED);
    expect(JSON.parse(writer.body)).toEqual({ input_tokens: expect.any(Number) as number });
    expect(reports).toMatchObject([{ kind: 'strike' }]);
  });

  it('[API-5] no fresh token to be had: the next account, then an estimate', async () => {
    const { run, calls, writer } = setUp({
      accounts: [{ sealedCredentials: FRESH }, { sealedCredentials: FRESH }],
    });
    expect(await run(REFUSED, REFUSED)).toBeNull();
    expect(calls()).toHaveLength(2);
    expect([writer.status, writer.headers]).toMatchObject([200, ESTIMATED]);
  });

  it.each<[string, (call: FakeCall) => void]>([
    ['a fault', answerFault],
    ['400', answerJson(400, '[{"error":{"code":400,"message":"no such model"}}]')],
    ['403', answerJson(403, '{}')],
    ['404', answerJson(404, '<html>')],
    ['429', answerJson(429, '{"error":{"code":429,"message":"quota"}}')],
    ['500', answerJson(500, '{}')],
    ['529', answerJson(529, '{}')],
    ['no JSON', answerJson(200, 'twelve')],
    ['no count', answerJson(200, '{"response":{}}')],
    ['a count that is none', answerJson(200, '{"totalTokens":-1}')],
    ['text for a count', answerJson(200, '{"totalTokens":"7"}')],
    ['null', answerJson(200, 'null')],
    ['a stream', answerStream([CONTENT])],
  ])('[API-5] %s: an estimate at once, and the account goes on serving', async (_, answer) => {
    const { run, calls, writer, reports } = setUp({ accounts: [{}, {}] });
    expect(await run(answer)).toBeNull();
    expect([calls().length, writer.status]).toEqual([1, 200]);
    expect(writer.headers).toMatchObject(ESTIMATED);
    expect(reports).toEqual([]);
  });

  it('[API-5] all accounts kept out: an estimate, and nobody is asked', async () => {
    const { run, services, calls, writer } = setUp();
    services.store.reportAccount({
      ...{ accountId: 'acc_0' as AccountId, kind: 'block', state: 'rate-limited', untilMs: 9_000 },
      ...{ upstreamModel: null, reason: 'r' },
    });
    expect(await run()).toBeNull();
    expect([calls(), writer.headers]).toMatchObject([[], ESTIMATED]);
  });

  it('[API-7] a model outside of the group’s scopes is refused, not estimated', async () => {
    const { run, calls } = setUp({ group: { modelScopes: ['gemini_text'] } });
    expect(await run()).toMatchObject({ code: 'unknown_model' });
    expect(calls()).toEqual([]);
  });

  it('[API-3] what could not be asked is not counted: 400', async () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } };
    const { run, calls, writer } = setUp({ fields: { messages: [{ role: 'user', content: [image] }] } });
    expect(await run()).toBeNull();
    expect([calls(), writer.error?.code]).toEqual([[], 'invalid_request']);
  });

  it('[API-5] Google’s public API counts the whole request: no label, though there are tools and a system text', async () => {
    const { run, calls, writer } = setUp({
      fields: { system: 'Be brief.' },
      group: { platform: 'gemini' },
      accounts: [{ kind: 'api-key', sealedCredentials: '{"api_key":"k"}', project: null }],
    });
    expect(await run(answerJson(200, '{"totalTokens":8}'))).toBeNull();
    expect(calls()).toMatchObject([
      {
        path: '/v1beta/models/claude-sonnet-4-5:countTokens',
        body: {
          generateContentRequest: {
            model: 'models/claude-sonnet-4-5',
            contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
            systemInstruction: { parts: [{ text: 'Be brief.' }] },
          },
        },
      },
    ]);
    expect([writer.status, writer.body]).toEqual([200, '{"input_tokens":8}']);
    expect(writer.headers).not.toMatchObject(ESTIMATED);
  });

  it('[REQ-7] a client that leaves cuts the upstream, and gets no estimate', async () => {
    const { services, context, writer } = setUp();
    services.upstream.answer = () => {};
    const running = countTokens(context, services);
    while (services.upstream.calls.length === 0) await new Promise(setImmediate);
    writer.leave();
    expect(await running).toBeNull();
    expect([services.upstream.calls[0]?.isAborted, writer.body]).toEqual([true, '']);
  });

  it('[LIM-6] a count is no stream, also when the body asks for one and a ping has begun it', async () => {
    const { run, writer, context } = setUp({ fields: { stream: true } });
    context.writer.startStream(200, {});
    await run(answerJson(200, '{"totalTokens":7}'));
    expect([writer.error?.code, writer.body]).toEqual(['upstream_error', '']);
  });
});
