import { describe, expect, it } from 'vitest';
import {
  buildAnthropicModel,
  buildAnthropicModelList,
  buildOpenAiModel,
  buildOpenAiModelList,
  parseModelPage,
  type ModelPage,
} from './model-list.ts';

const MODELS = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
const page = (overrides: Partial<ModelPage> = {}): ModelPage => ({
  limit: 20,
  afterId: null,
  beforeId: null,
  ...overrides,
});
const listIds = (overrides: Partial<ModelPage>): [string, boolean] => {
  const list = buildAnthropicModelList(MODELS, page(overrides));
  return [list.data.map(({ id }) => id).join(''), list.has_more];
};

describe('parseModelPage', () => {
  it('has Anthropic defaults', () => {
    expect(parseModelPage('beta=true')).toEqual({ ok: true, page: page() });
    expect(parseModelPage('limit=2&after_id=b')).toEqual({
      ok: true,
      page: page({ limit: 2, afterId: 'b' }),
    });
  });

  it.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=1.5', 'limit=', 'limit=1e2', 'limit=99999'])(
    '[REQ-4] refuses %s by name',
    (query) => {
      expect(parseModelPage(query)).toMatchObject({ ok: false, param: 'limit' });
    },
  );

  it('[REQ-4] refuses both cursors at once', () => {
    expect(parseModelPage('after_id=a&before_id=b')).toMatchObject({ ok: false, param: 'before_id' });
  });
});

describe('[API-6] model lists', () => {
  it('pages forwards and backwards', () => {
    expect(listIds({})).toEqual(['abcde', false]);
    expect(listIds({ limit: 2 })).toEqual(['ab', true]);
    expect(listIds({ limit: 2, afterId: 'b' })).toEqual(['cd', true]);
    expect(listIds({ limit: 2, afterId: 'd' })).toEqual(['e', false]);
    expect(listIds({ limit: 2, beforeId: 'd' })).toEqual(['bc', true]);
    expect(listIds({ limit: 2, beforeId: 'b' })).toEqual(['a', false]);
  });

  it('an unknown cursor gives an empty page, not the first one again', () => {
    expect(listIds({ afterId: 'x' })).toEqual(['', false]);
    expect(listIds({ beforeId: 'x' })).toEqual(['', false]);
  });

  it('an empty list has no first and last id', () => {
    expect(buildAnthropicModelList([], page())).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
  });

  it('has the shapes of both protocols', () => {
    const model = { id: 'm', displayName: 'Model', createdAt: new Date('2026-07-24T00:00:00.000Z') };
    expect(buildAnthropicModel(model)).toEqual({
      type: 'model',
      id: 'm',
      display_name: 'Model',
      created_at: '2026-07-24T00:00:00Z',
    });
    expect(buildAnthropicModelList([model], page())).toMatchObject({ first_id: 'm', last_id: 'm' });
    expect(buildOpenAiModel(model, 'tollgate')).toEqual({
      id: 'm',
      object: 'model',
      created: 1_784_851_200,
      owned_by: 'tollgate',
    });
    expect(buildOpenAiModelList([{ id: 'x' }], 'tollgate')).toEqual({
      object: 'list',
      data: [{ id: 'x', object: 'model', created: 0, owned_by: 'tollgate' }],
    });
  });
});
