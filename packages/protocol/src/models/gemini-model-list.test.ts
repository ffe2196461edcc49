import { describe, expect, it } from 'vitest';
import { buildGeminiModelList, parseGeminiModelPage } from './gemini-model-list.ts';

const MODELS = ['a', 'b', 'c'].map((id) => ({ id }));

function list(query: string) {
  const paging = parseGeminiModelPage(query);
  if (!paging.ok) return paging.param;
  const { models, nextPageToken } = buildGeminiModelList(MODELS, paging.page);
  return [models.map(({ name }) => name), nextPageToken];
}

describe('Gemini’s list of models', () => {
  it('[API-6] names and methods as Google writes them', () => {
    const { models } = buildGeminiModelList(MODELS, { size: 1, afterId: null });
    expect(models[0]).toMatchObject({ name: 'models/a', displayName: 'a', version: 'a' });
    expect(models[0]?.supportedGenerationMethods).toContain('streamGenerateContent');
  });

  it.each([
    ['', [['models/a', 'models/b', 'models/c'], undefined]],
    ['pageSize=2', [['models/a', 'models/b'], 'b']],
    ['pageSize=2&pageToken=b', [['models/c'], undefined]],
    ['pageSize=3', [['models/a', 'models/b', 'models/c'], undefined]],
    ['page_size=1&page_token=gone', [[], undefined]],
    ['pageSize=0&pageToken=', [['models/a', 'models/b', 'models/c'], undefined]],
    ['pageSize=-1', 'pageSize'],
    ['pageSize=x', 'pageSize'],
  ])('[API-6] pages: %s', (query, page) => {
    expect(list(query)).toEqual(page);
  });
});
