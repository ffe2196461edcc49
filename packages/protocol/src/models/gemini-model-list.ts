import type { ListedModel } from './model-list.ts';

export interface GeminiModel {
  /** `models/` and the id. */
  name: string;
  version: string;
  displayName: string;
  supportedGenerationMethods: readonly string[];
}

export interface GeminiModelList {
  models: GeminiModel[];
  /** Absent on the last page. */
  nextPageToken?: string;
}

export interface GeminiModelPage {
  size: number;
  /** The id behind which the page begins; null = the first page. */
  afterId: string | null;
}

export type GeminiModelPageResult =
  | { ok: true; page: GeminiModelPage }
  | { ok: false; param: string; message: string };

const SIZE_DEFAULT = 50;
const SIZE_MAX = 1_000;
const METHODS = ['generateContent', 'streamGenerateContent', 'countTokens'] as const;

/** Reads `pageSize` and `pageToken` of `GET /v1beta/models`; Google takes 50 by default, and more than 1000 as 1000. */
export function parseGeminiModelPage(query: string): GeminiModelPageResult {
  const params = new URLSearchParams(query);
  const text = params.get('pageSize') ?? params.get('page_size') ?? '0';
  if (!/^\d{1,9}$/.test(text))
    return { ok: false, param: 'pageSize', message: 'pageSize: must be a whole number, 0 or more' };
  const size = Math.min(Number(text) || SIZE_DEFAULT, SIZE_MAX);
  const token = params.get('pageToken') ?? params.get('page_token') ?? '';
  return { ok: true, page: { size, afterId: token === '' ? null : token } };
}

export function buildGeminiModel({ id, displayName }: ListedModel): GeminiModel {
  return {
    name: `models/${id}`,
    version: id,
    displayName: displayName ?? id,
    supportedGenerationMethods: METHODS,
  };
}

/** One page of `models`, which are sorted by id; a token is the last id of the page before. */
export function buildGeminiModelList(
  models: readonly ListedModel[],
  { size, afterId }: GeminiModelPage,
): GeminiModelList {
  const rest = afterId === null ? models : models.filter(({ id }) => id > afterId);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const list = { models: page.map(buildGeminiModel) };
  return last === undefined || rest.length === page.length ? list : { ...list, nextPageToken: last.id };
}
