import { encodeOutcome, parseUsd, systemClock, ZERO_USAGE, type AttemptOutcome } from '@tollgate/core';
import { buildFacts, buildOutcome } from '@tollgate/core/testing';
import { createUsageSink } from '@tollgate/db';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { RouterInputs } from '../index.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

type Row = RouterInputs['reconciliations']['addRows']['rows'][number];

const DAY = '2026-03-01';
const hour = (n: number, minute = 0) =>
  `${DAY}T${String(n).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00.000Z`;

let api: TestApi;
let accountId: string;
let files = 0;
let nowMs = systemClock.nowMs();

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'), { clock: { ...systemClock, nowMs: () => nowMs } });
  const credentials = { api_key: 'sk-upstream' };
  const account = { name: 'one', platform: 'anthropic', kind: 'api-key', credentials } as const;
  accountId = (await api.client.accounts.create.mutate(account)).id;
});
afterAll(() => api.stop());
beforeEach(() => api.db.sql`delete from usage`);

interface Use {
  at: string;
  model?: string;
  id?: string;
  state?: AttemptOutcome['state'];
  usage?: Partial<AttemptOutcome['usage']>;
  cost?: string;
  extra?: AttemptOutcome['extra'];
}

async function book(...uses: Use[]): Promise<void> {
  const texts = uses.map(
    ({ at, model = 'claude-x', id = null, state = 'settled', usage = {}, cost = '0', extra = [] }) =>
      encodeOutcome(
        buildOutcome(
          buildFacts({ atMs: Date.parse(at), accountId: accountId as never, upstreamModel: model }),
          {
            state,
            usage: { ...ZERO_USAGE, ...usage },
            standardCost: parseUsd(cost),
            actualCost: parseUsd('9'),
            upstreamRequestId: id,
            extra,
          },
        ),
      ),
  );
  await createUsageSink(api.db).book({ count: texts.length, text: texts.join('\n') });
}

function row(from: string, to: string, extra: Partial<Row> = {}): Row {
  const none = {
    requestId: null,
    requests: null,
    cacheReadTokens: null,
    cacheWrite5mTokens: null,
    cacheWrite1hTokens: null,
  };
  return {
    ...none,
    from,
    to,
    model: 'claude-x',
    inputTokens: 0,
    outputTokens: 0,
    webSearchRequests: null,
    costUsd: null,
    ...extra,
  };
}

const begin = () => {
  files += 1;
  const fileHash = String(files).padStart(64, '0');
  return api.client.reconciliations.begin.mutate({ accountId, fileName: 'usage.csv', fileHash });
};

async function reconcile(rows: Row[]) {
  const { id } = await begin();
  await api.client.reconciliations.addRows.mutate({ id, part: 0, rows });
  const report = await api.client.reconciliations.finish.mutate({ id });
  const { items } = await api.client.reconciliations.drift.query({ id });
  return { report, drift: items };
}

describe('reconciliations by period', () => {
  it('[MON-13] compares tokens by class and USD of each hour and model', async () => {
    await book(
      { at: hour(1), usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 100 }, cost: '0.10' },
      { at: hour(1, 59), usage: { inputTokens: 1, outputTokens: 1 }, cost: '0.02' },
      { at: hour(2), usage: { inputTokens: 7, outputTokens: 7 }, cost: '0.07' },
      { at: hour(1, 30), model: 'claude-y', usage: { outputTokens: 3 }, cost: '0.03' },
      { at: hour(5), usage: { outputTokens: 1_000 }, cost: '1' },
    );
    const { report, drift } = await reconcile([
      row(hour(1), hour(2), { inputTokens: 11, outputTokens: 9, cacheReadTokens: 100, costUsd: '0.15' }),
      row(hour(2), hour(3), { inputTokens: 7, outputTokens: 7, cacheReadTokens: 0, costUsd: '0.07' }),
    ]);
    expect(
      drift.map(({ from, model, ours, theirs, difference }) => [
        from,
        model,
        ours.outputTokens,
        theirs.outputTokens,
        difference.outputTokens,
        difference.costUsd,
      ]),
    ).toEqual([
      [hour(1), 'claude-x', 6, 9, 3, '0.03'],
      [hour(1), 'claude-y', 3, 0, -3, '-0.03'],
      [hour(2), 'claude-x', 7, 7, 0, '0'],
    ]);
    // The export says nothing of these classes.
    expect(drift[0]).toMatchObject({
      theirs: { requests: null, cacheWrite5mTokens: null },
      difference: { requests: null, inputTokens: 0, cacheReadTokens: 0, cacheWrite5mTokens: null },
    });
    expect(report).toMatchObject({
      status: 'done',
      matchedBy: 'period',
      accountName: 'one',
      provider: 'anthropic',
      items: 2,
      from: hour(1),
      to: hour(3),
      missingOurs: null,
      totals: {
        ours: { outputTokens: 16, costUsd: '0.22' },
        theirs: { outputTokens: 16, costUsd: '0.22' },
        difference: { outputTokens: 0, costUsd: '0' },
      },
    });
    const { items } = await api.client.reconciliations.drift.query({ id: report.id, driftOnly: true });
    expect(items.map(({ model }) => model)).toEqual(['claude-x', 'claude-y']);
    const left = await api.db.sql`select from reconciliation_items`;
    expect([...left]).toEqual([]);
  });

  it('[MON-13] counts failed attempts whose usage was seen and extra work under its model, and no unknown ones', async () => {
    const extra = [
      { kind: 'advisor', model: 'claude-big', usage: { ...ZERO_USAGE, inputTokens: 40, outputTokens: 4 } },
    ];
    await book(
      { at: hour(1), usage: { outputTokens: 1 }, cost: '0.1', extra },
      { at: hour(1), state: 'failed', usage: { outputTokens: 2 }, cost: '0.2' },
      { at: hour(1), state: 'failed' },
      { at: hour(1), state: 'unknown' },
    );
    const { drift } = await reconcile([
      row(hour(1), hour(2), { outputTokens: 3, requests: 2, costUsd: '0.3' }),
      row(hour(1), hour(2), {
        model: 'claude-big',
        inputTokens: 40,
        outputTokens: 4,
        requests: 0,
        costUsd: '0',
      }),
    ]);
    expect(drift.map(({ difference }) => difference)).toEqual([
      expect.objectContaining({ requests: 0, inputTokens: 0, outputTokens: 0, costUsd: '0' }),
      expect.objectContaining({ requests: 0, inputTokens: 0, outputTokens: 0, costUsd: '0' }),
    ]);
  });

  it('[MON-13] a dated name is ours without the date, when that is what we asked for', async () => {
    await book(
      { at: hour(1), model: 'claude-sonnet-4-5', usage: { outputTokens: 5 } },
      { at: hour(1), model: 'gpt-x-2025-01-01', usage: { outputTokens: 6 } },
    );
    const { drift } = await reconcile([
      row(hour(1), hour(2), { model: 'claude-sonnet-4-5-20250929', outputTokens: 5 }),
      row(hour(1), hour(2), { model: 'gpt-x-2025-01-01', outputTokens: 6 }),
      row(hour(1), hour(2), { model: 'other-20250101', outputTokens: 7 }),
    ]);
    expect(drift.map(({ model, difference }) => [model, difference.outputTokens])).toEqual([
      ['claude-sonnet-4-5', 0],
      ['gpt-x-2025-01-01', 0],
      ['other-20250101', 7],
    ]);
  });

  it('[MON-13] compares days with days, and sums over all models with all of ours', async () => {
    await book(
      { at: hour(0), usage: { outputTokens: 1 } },
      { at: hour(23, 59), model: 'claude-y', usage: { outputTokens: 2 } },
      { at: '2026-03-02T00:00:00.000Z', usage: { outputTokens: 4 } },
    );
    const { drift } = await reconcile([
      row(hour(0), '2026-03-02T00:00:00.000Z', { model: null, outputTokens: 3 }),
    ]);
    expect(drift).toMatchObject([
      { model: '*', difference: { outputTokens: 0 }, to: '2026-03-02T00:00:00.000Z' },
    ]);
  });
});

describe('reconciliations by request', () => {
  it('[MON-13] matches by request id, whatever the clocks say, and names what one side alone knows', async () => {
    await book(
      { at: hour(1, 59), id: 'up_1', usage: { outputTokens: 5 }, cost: '0.5' },
      { at: hour(2), id: 'up_2', usage: { outputTokens: 6 }, cost: '0.6' },
      { at: hour(2), id: 'up_only_ours', usage: { outputTokens: 7 }, cost: '0.7' },
      { at: hour(9), id: 'up_elsewhen', usage: { outputTokens: 8 }, cost: '0.8' },
    );
    const request = (requestId: string, n: number, outputTokens: number, extra = {}) =>
      row(hour(n), hour(n + 1), { requestId, outputTokens, costUsd: `0.${outputTokens}`, ...extra });
    const { report, drift } = await reconcile([
      request('up_1', 2, 5, { model: 'claude-x-20260101' }),
      request('up_2', 2, 9),
      // The same again counts once.
      request('up_2', 2, 9),
      request('up_theirs', 2, 1),
    ]);
    expect(report).toMatchObject({
      matchedBy: 'request',
      missingOurs: 1,
      missingTheirs: 1,
      missingSample: { ours: ['up_theirs'], theirs: ['up_only_ours'] },
    });
    expect(
      drift.map(({ from, ours, theirs, difference }) => [
        from,
        ours.requests,
        theirs.requests,
        difference.outputTokens,
        difference.costUsd,
      ]),
    ).toEqual([
      [hour(1), 1, 1, 0, '0'],
      [hour(2), 2, 2, -3, '-0.3'],
    ]);
  });

  it('[MON-13] rows of one request add up', async () => {
    await book({ at: hour(1), id: 'up_1', usage: { inputTokens: 3, outputTokens: 5 } });
    const { drift } = await reconcile([
      row(hour(1), hour(2), { requestId: 'up_1', inputTokens: 3 }),
      row(hour(1), hour(2), { requestId: 'up_1', outputTokens: 5 }),
    ]);
    expect(drift).toMatchObject([{ difference: { inputTokens: 0, outputTokens: 0, requests: 0 } }]);
  });
});

describe('an import', () => {
  const { begin: beginAgain } = {
    begin: (fileHash: string) =>
      api.client.reconciliations.begin.mutate({ accountId, fileName: 'f', fileHash }),
  };

  it('[MON-13] of the same file gives the report that is there; two at once make one', async () => {
    const fileHash = 'a'.repeat(64);
    const [one, two] = await Promise.all([beginAgain(fileHash), beginAgain(fileHash)]);
    const rows = [row(hour(1), hour(2))];
    for (const { id } of [one, two]) await api.client.reconciliations.addRows.mutate({ id, part: 0, rows });
    const ends = await Promise.allSettled(
      [one, two].map(({ id }) => api.client.reconciliations.finish.mutate({ id })),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const again = await beginAgain(fileHash);
    expect(again.replayed).toBe(true);
    const list = await api.client.reconciliations.list.query({ accountId });
    expect(list.items.find(({ id }) => id === again.id)).toMatchObject({ status: 'done', fileName: 'f' });
    const more = api.client.reconciliations.addRows.mutate({ id: again.id, part: 1, rows });
    await expect(more).rejects.toThrow('is done already');
  });

  it('[MON-13] takes parts in order, each once, also when one is sent twice at once', async () => {
    const { id } = await begin();
    const { addRows } = api.client.reconciliations;
    const rows = [row(hour(1), hour(2), { outputTokens: 1 })];
    await expect(addRows.mutate({ id, part: 1, rows })).rejects.toThrow('part: part 0 has not come yet');
    await Promise.all([1, 2, 3].map(() => addRows.mutate({ id, part: 0, rows })));
    expect(await addRows.mutate({ id, part: 1, rows })).toEqual({ parts: 2, items: 2 });
    expect(await addRows.mutate({ id, part: 0, rows })).toEqual({ parts: 2, items: 2 });
    const { totals } = await api.client.reconciliations.finish.mutate({ id });
    expect(totals.theirs.outputTokens).toBe(2);
    expect((await api.readAudit()).at(-1)).toMatchObject({ action: 'reconciliation.finish', target: id });
  });

  it('[MON-13] that nobody finished is forgotten after a day, and nothing of it is shown as a report', async () => {
    const { id } = await begin();
    await api.client.reconciliations.addRows.mutate({ id, part: 0, rows: [row(hour(1), hour(2))] });
    expect(await api.client.reconciliations.get.query({ id })).toMatchObject({ status: 'open', from: null });
    nowMs += 86_400_001;
    await begin();
    await expect(api.client.reconciliations.get.query({ id })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    });
  });

  it.each([
    ['no rows', [], 'the export has no rows'],
    [
      'rows of two kinds',
      [row(hour(1), hour(2)), row(hour(1), hour(2), { requestId: 'r' })],
      'some have none',
    ],
    ['a day and its hours', [row(hour(0), hour(23)), row(hour(1), hour(2))], 'periods that overlap'],
  ])('[MON-13] of %s is refused, and stays open', async (_name, rows, message) => {
    const { id } = await begin();
    if (rows.length > 0) await api.client.reconciliations.addRows.mutate({ id, part: 0, rows });
    await expect(api.client.reconciliations.finish.mutate({ id })).rejects.toThrow(message);
    expect(await api.client.reconciliations.get.query({ id })).toMatchObject({ status: 'open' });
  });

  it('[MON-13] needs an account of a provider that has exports, and a row that is one', async () => {
    const { accounts, reconciliations } = api.client;
    const credentials = { api_key: 'x' };
    const gemini = { name: 'g', platform: 'gemini', kind: 'api-key', credentials } as const;
    const { id } = await accounts.create.mutate(gemini);
    const file = { fileName: 'f', fileHash: 'b'.repeat(64) };
    await expect(reconciliations.begin.mutate({ accountId: id, ...file })).rejects.toThrow(
      'no usage exports of gemini',
    );
    await expect(reconciliations.begin.mutate({ accountId: 'acc_0', ...file })).rejects.toThrow(
      'no such account',
    );
    const open = await begin();
    for (const bad of [{ outputTokens: -1 }, { costUsd: '1e3' }, { from: 'now' }, { model: '' }]) {
      const rows = [row(hour(1), hour(2), bad)];
      await expect(reconciliations.addRows.mutate({ id: open.id, part: 0, rows })).rejects.toMatchObject({
        data: { code: 'BAD_REQUEST' },
      });
    }
  });

  it('[CTL-3] is read page after page', async () => {
    const rows = Array.from({ length: 5 }, (_, n) => row(hour(n), hour(n + 1), { outputTokens: n }));
    const { report } = await reconcile(rows);
    const seen: (number | null)[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.client.reconciliations.drift.query>> =
        await api.client.reconciliations.drift.query({ id: report.id, limit: 2, cursor });
      seen.push(...page.items.map(({ theirs }) => theirs.outputTokens));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });
});
