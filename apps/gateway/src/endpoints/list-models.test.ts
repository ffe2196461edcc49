import type { GroupId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext, type RequestParts } from '../testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, buildPool } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { getModel, listModels } from './list-models.ts';

const ANTHROPIC: RequestParts = { headers: [['anthropic-version', '2023-06-01']] };
const OPENAI: RequestParts = { headers: [['authorization', 'Bearer k']] };

/** g1 maps b and a, g2 maps a and c; g3 is disabled. */
function setUp() {
  const services = buildServices();
  const mappings: Record<string, Record<string, string>> = {
    g1: { b: 'x', a: 'x' },
    g2: { a: 'y', c: 'y' },
    g3: { hidden: 'z' },
  };
  const groups = Object.entries(mappings).map(([id, modelMapping]) => {
    services.source.pools.set(id, buildPool([buildAccount({ modelMapping })]));
    return buildGroup({ id: id as GroupId, status: id === 'g3' ? 'disabled' : 'active' });
  });
  const run = async (stage: typeof listModels, parts: RequestParts) => {
    const { context, writer } = buildParsedContext({}, buildKey({ groups }), parts);
    const refusal = await stage(context, services);
    return {
      refusal,
      json: writer.body === '' ? null : (JSON.parse(writer.body) as { data: { id: string }[] }),
    };
  };
  return { run, services };
}

describe('list-models', () => {
  it.each([
    ['Anthropic', ANTHROPIC],
    ['OpenAI', OPENAI],
  ])('[API-6] the union over the key’s active groups, sorted, each once: %s', async (_, parts) => {
    const { json } = await setUp().run(listModels, parts);
    expect(json?.data.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('[API-6] in the shape of the caller', async () => {
    const { run } = setUp();
    expect((await run(listModels, ANTHROPIC)).json).toMatchObject({ has_more: false, first_id: 'a' });
    expect((await run(listModels, { headers: [['x-api-key', 'k']] })).json).toMatchObject({ first_id: 'a' });
    expect((await run(listModels, OPENAI)).json).toMatchObject({ object: 'list' });
  });

  it('[API-6] pages for Anthropic’s clients, and names a wrong parameter', async () => {
    const { run } = setUp();
    const page = await run(listModels, { ...ANTHROPIC, query: 'limit=1&after_id=a' });
    expect(page.json).toMatchObject({ data: [{ id: 'b' }], has_more: true });
    const wrong = await run(listModels, { ...ANTHROPIC, query: 'limit=none' });
    expect(wrong).toMatchObject({ json: null, refusal: { code: 'invalid_request', param: 'limit' } });
  });

  it.each([
    ['/v1/models/a', 'a'],
    ['/v1/models/%61', 'a'],
  ])('[API-6] one model: %s', async (path, id) => {
    const { json } = await setUp().run(getModel, { ...ANTHROPIC, path });
    expect(json).toMatchObject({ id });
  });

  it.each(['/v1/models/hidden', '/v1/models/', '/v1/models/%zz', `/v1/models/${'x'.repeat(300)}`])(
    '[API-6] %s is not found',
    async (path) => {
      const { refusal, json } = await setUp().run(getModel, { ...OPENAI, path });
      expect(refusal).toMatchObject({ code: 'not_found', status: 404 });
      expect([json, (refusal?.message.length ?? 0) < 140]).toEqual([null, true]);
    },
  );

  it('[AUTH-5] no layer can tell: 503', async () => {
    const { run, services } = setUp();
    services.source.isGone = true;
    await expect(run(listModels, OPENAI)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
