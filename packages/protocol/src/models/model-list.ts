/** A model that a key can use. */
export interface ListedModel {
  id: string;
  displayName?: string;
  /** When it was released; unknown = the epoch, as the API itself says for models without a date. */
  createdAt?: Date;
}

export interface AnthropicModel {
  type: 'model';
  id: string;
  display_name: string;
  created_at: string;
}

export interface AnthropicModelList {
  data: AnthropicModel[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}

export interface OpenAiModel {
  id: string;
  object: 'model';
  /** Seconds since 1970 UTC. */
  created: number;
  owned_by: string;
}

export interface OpenAiModelList {
  object: 'list';
  data: OpenAiModel[];
}

export interface ModelPage {
  limit: number;
  afterId: string | null;
  beforeId: string | null;
}

export type ModelPageResult = { ok: true; page: ModelPage } | { ok: false; param: string; message: string };

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 1_000;
const EPOCH = new Date(0);

/** Reads `limit`, `after_id`, `before_id` of `GET /v1/models`; Anthropic allows 1–1000, 20 by default. */
export function parseModelPage(query: string): ModelPageResult {
  const params = new URLSearchParams(query);
  const text = params.get('limit') ?? String(LIMIT_DEFAULT);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT_MAX) {
    return { ok: false, param: 'limit', message: `limit: must be a whole number from 1 to ${LIMIT_MAX}` };
  }
  const afterId = params.get('after_id');
  const beforeId = params.get('before_id');
  if (afterId !== null && beforeId !== null) {
    return { ok: false, param: 'before_id', message: 'before_id: not together with after_id' };
  }
  return { ok: true, page: { limit, afterId, beforeId } };
}

/** One page of `GET /v1/models` in Anthropic's shape. A cursor that is not in the list gives an empty page. */
export function buildAnthropicModelList(models: readonly ListedModel[], page: ModelPage): AnthropicModelList {
  const { from, to, hasMore } = selectRange(models, page);
  const data = models.slice(from, to).map(buildAnthropicModel);
  return {
    data,
    has_more: hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** `GET /v1/models/{id}` in Anthropic's shape. */
export function buildAnthropicModel({ id, displayName, createdAt }: ListedModel): AnthropicModel {
  const seconds = (createdAt ?? EPOCH).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return { type: 'model', id, display_name: displayName ?? id, created_at: seconds };
}

/** `GET /v1/models` in OpenAI's shape, which has no paging. */
export function buildOpenAiModelList(models: readonly ListedModel[], ownedBy: string): OpenAiModelList {
  return { object: 'list', data: models.map((model) => buildOpenAiModel(model, ownedBy)) };
}

/** `GET /v1/models/{id}` in OpenAI's shape. */
export function buildOpenAiModel({ id, createdAt }: ListedModel, ownedBy: string): OpenAiModel {
  const created = Math.floor((createdAt ?? EPOCH).getTime() / 1_000);
  return { id, object: 'model', created, owned_by: ownedBy };
}

function selectRange(
  models: readonly ListedModel[],
  { limit, afterId, beforeId }: ModelPage,
): { from: number; to: number; hasMore: boolean } {
  if (beforeId !== null) {
    const to = Math.max(0, findIndex(models, beforeId));
    const from = Math.max(0, to - limit);
    return { from, to, hasMore: from > 0 };
  }
  const after = afterId === null ? -1 : findIndex(models, afterId);
  const from = afterId !== null && after === -1 ? models.length : after + 1;
  const to = Math.min(models.length, from + limit);
  return { from, to, hasMore: to < models.length };
}

function findIndex(models: readonly ListedModel[], id: string): number {
  return models.findIndex((model) => model.id === id);
}
