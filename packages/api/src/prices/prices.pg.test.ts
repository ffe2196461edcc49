import { readFileSync } from 'node:fs';
import { builtInPriceBook, createPriceBook, decodePrices } from '@tollgate/pricing';
import { schema } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { installPrices } from './install-prices.ts';

const FILE = readFileSync(
  new URL('../../../pricing/src/lite-llm/fixtures/model-prices.json', import.meta.url),
  'utf8',
);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

const install = () => installPrices({ services: api.services, actor: 'system' });
const readVersions = () => api.db.select().from(schema.priceVersions);

describe('prices', () => {
  it('[MON-2] before anything is stored the built-in list answers', async () => {
    const { items, version, nextCursor } = await api.client.prices.list.query({
      platform: 'openai',
      limit: 2,
    });
    expect([items.map(({ model }) => model), version]).toEqual([
      ['gpt-3.5-turbo-0125', 'gpt-4-1106-vision-preview'],
      builtInPriceBook.version,
    ]);
    const next = await api.client.prices.list.query({ platform: 'openai', limit: 2, cursor: nextCursor });
    expect(next.items.map(({ model }) => model)).toEqual(['gpt-4-vision-preview', 'gpt-4.1']);
    expect((await api.client.prices.versions.list.query()).items).toEqual([]);
  });

  it('[MON-2] the start of a control plane stores the built-in list, once, and tells the nodes', async () => {
    api.published.length = 0;
    await Promise.all([install(), install()]);
    await install();
    expect(api.published).toEqual([{ scope: 'price' }]);
    const rows = await readVersions();
    expect(rows).toMatchObject([{ version: builtInPriceBook.version, source: 'built-in', actor: 'system' }]);
    expect(decodePrices(rows[0]!.prices)).toEqual(builtInPriceBook.entries);
    expect((await api.readAudit()).map(({ action }) => action)).toEqual(['price.in-force']);
  });

  it('[MON-2] get follows the rules of names, and shows every price of a model', async () => {
    const found = await api.client.prices.get.query({ model: 'models/claude-sonnet-5-5-20260929' });
    expect(found).toMatchObject({ model: 'claude-sonnet-5-5', version: builtInPriceBook.version });
    expect(found.prices.map(({ effectiveFrom = null }) => effectiveFrom)).toEqual([null, '2026-10-07']);
    await expect(api.client.prices.get.query({ model: 'gpt-9' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    });
  });

  it('[MON-2] one price by hand: from its moment on, with its differences, on every node', async () => {
    const price = {
      model: 'gpt-4o',
      platform: 'openai' as const,
      prices: { input: '2', output: '10', cacheRead: '1.25' },
    };
    const input = {
      ...price,
      effectiveFrom: '2026-12-01T01:00:00+01:00',
      contextTokens: 128_000,
      maxOutputTokens: 16_384,
    };
    api.published.length = 0;
    const dry = await api.client.prices.set.mutate({ ...input, dryRun: true });
    expect([dry.version, api.published]).toEqual([builtInPriceBook.version, []]);
    const set = await api.client.prices.set.mutate({ ...input, note: 'our contract' });
    expect(set).toMatchObject({
      version: expect.stringMatching(/^book-\d{4}-\d\d-\d\d-[0-9a-f]{8}$/),
      effectiveFrom: '2026-12-01T00:00:00.000Z',
    });
    const inputClasses = ['input', 'cacheWrite5m', 'cacheWrite1h', 'audioInput', 'imageInput'];
    expect(set.differences).toEqual(inputClasses.map((field) => ({ field, from: '2.5', to: '2' })));
    expect(dry.differences).toEqual(set.differences);
    expect(api.published).toEqual([{ scope: 'price' }]);
    const priceAt = async (at: string) =>
      (await api.client.prices.list.query({ search: 'gpt-4o', at })).items[0]?.prices.input;
    expect(await priceAt('2026-11-30T23:59:59Z')).toBe('2.50');
    expect(await priceAt('2026-12-01T00:00:00Z')).toBe('2');
    expect((await api.readAudit()).slice(-2).map(({ action }) => action)).toEqual([
      'price.set',
      'price.in-force',
    ]);
  });

  it.each([
    ['another name of a model', { model: 'gpt-5.6' }, 'model: is another name of gpt-5.6-sol'],
    ['a negative price', { prices: { input: '-1', output: '1' } }, 'prices.input: expected a decimal'],
    ['a float', { prices: { input: 1.5, output: '1' } }, 'prices.input: expected a decimal number in quotes'],
    ['an exponent', { prices: { input: '1e-6', output: '1' } }, 'prices.input: expected a decimal'],
    [
      'a price finer than a pico-USD',
      { prices: { input: '0.0000001', output: '1' } },
      'not a whole number of pico-USD',
    ],
    ['a fortune', { prices: { input: '1000001', output: '1' } }, 'more than any model costs'],
    ['a day that is none', { effectiveFrom: '2026-02-30' }, 'effectiveFrom: expected e.g.'],
    ['another platform', { model: 'gpt-4o', platform: 'gemini' }, 'gpt-4o is sold by two platforms'],
    ['an alias of another model', { aliases: ['gpt-4o'] }, 'the name gpt-4o is claimed by'],
    [
      'two tiers of one length',
      { longPrompts: [1, 2].map(() => ({ overTokens: 5, prices: { input: '1', output: '1' } })) },
      'two prices for one prompt length',
    ],
    ['an unknown field', { price: '1' }, 'price: unknown field'],
  ])('[MON-1] refuses %s', async (_name, extra, message) => {
    const input = { model: 'new', platform: 'openai', prices: { input: '1', output: '1' }, ...extra };
    const before = await readVersions();
    await expect(api.client.prices.set.mutate(input as never)).rejects.toThrow(message);
    expect(await readVersions()).toHaveLength(before.length);
  });

  it('[MON-2] import: a dry run says all and changes nothing, a run says the same, a second changes nothing', async () => {
    const effectiveFrom = '2026-11-22';
    const dry = await api.client.prices.import.mutate({ file: FILE, effectiveFrom, dryRun: true });
    const before = await readVersions();
    expect(dry.unchanged).toBe(4);
    expect(dry.models.map(({ model, change }) => `${change} ${model}`)).toEqual([
      'changed claude-sonnet-4-5',
      'changed gemini-2.5-flash',
      'changed gemini-2.5-flash-image',
      'new gpt-4o-audio-preview',
      'new gpt-4o-search-preview',
      'changed gpt-5',
      'new o3-deep-research',
    ]);
    expect(dry.skipped).toContainEqual({ reason: 'provider "xai"', count: 1, names: ['xai/grok-4'] });
    const run = await api.client.prices.import.mutate({ file: FILE, effectiveFrom });
    expect({ ...run, version: dry.version, dryRun: true }).toEqual(dry);
    expect(await readVersions()).toHaveLength(before.length + 1);
    const again = await api.client.prices.import.mutate({ file: FILE, effectiveFrom });
    expect([again.version, again.models]).toEqual([run.version, []]);
    // What was set by hand before is still there.
    const byHand = await api.client.prices.list.query({ search: 'gpt-4o', at: '2026-12-02T00:00:00Z' });
    expect(byHand.items[0]?.prices.input).toBe('2');
  });

  it('[MON-2] every version that was in force can be loaded again', async () => {
    const { items } = await api.client.prices.versions.list.query();
    expect(items.map(({ source, isInForce }) => [source, isInForce])).toEqual([
      ['import', true],
      ['manual', false],
      ['built-in', false],
    ]);
    for (const row of await readVersions()) createPriceBook(decodePrices(row.prices), row.version);
    const version = items[1]!.version;
    const old = await api.client.prices.list.query({
      version,
      search: 'o3-deep',
      at: '2026-12-01T00:00:00Z',
    });
    expect([old.version, old.items]).toEqual([version, []]);
    await expect(api.client.prices.list.query({ version: 'book-x' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    });
    const first = await api.client.prices.versions.list.query({ limit: 2 });
    const rest = await api.client.prices.versions.list.query({ limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items]).toEqual(items);
  });

  it('[MON-2] refuses a file that is none, and says what', async () => {
    await expect(api.client.prices.import.mutate({ file: '{' })).rejects.toThrow(
      'file: the file is not JSON',
    );
    await expect(api.client.prices.import.mutate({ file: '[]' })).rejects.toThrow(
      'file: the file is not an object',
    );
  });

  it('[MON-2] a program with another list lays the operators’ prices over it; an older one leaves it alone', async () => {
    const [inForce] = await api.db.select().from(schema.priceBook);
    const setBuiltIn = (builtIn: string) => api.db.update(schema.priceVersions).set({ builtIn });
    await setBuiltIn('builtin-2020-01-01-00000000');
    await install();
    const [after] = await api.db.select().from(schema.priceBook);
    // The same list below and the same prices above: the same book, put in force anew.
    expect(after?.version).toBe(inForce?.version);
    expect(after?.since.getTime()).toBeGreaterThan(inForce!.since.getTime());
    await setBuiltIn('builtin-2999-01-01-00000000');
    await install();
    expect((await api.db.select().from(schema.priceBook))[0]).toEqual(after);
  });

  it('[MON-2] an outbox row is left for a store that is away', async () => {
    api.fault.publish = new Error('store gone');
    await api.client.prices.set.mutate({
      model: 'later',
      platform: 'openai',
      prices: { input: '1', output: '1' },
    });
    expect(await api.readOutbox()).toEqual([{ scope: 'price' }]);
    api.fault.publish = null;
  });

  it('[CTL-2] is for admins', async () => {
    const anyone = api.connect().prices;
    const refused = { data: { code: 'UNAUTHORIZED' } };
    await expect(anyone.list.query()).rejects.toMatchObject(refused);
    await expect(anyone.import.mutate({ file: '{}' })).rejects.toMatchObject(refused);
    await expect(anyone.rerate.book.mutate({ planId: 'rrp_1' })).rejects.toMatchObject(refused);
  });
});
