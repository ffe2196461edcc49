import { isInModelScopes, listServableModels } from '@tollgate/accounts';
import { TollgateError, type PoolSnapshot } from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import {
  buildAnthropicModel,
  buildAnthropicModelList,
  buildGeminiModel,
  buildGeminiModelList,
  buildOpenAiModel,
  buildOpenAiModelList,
  parseGeminiModelPage,
  parseModelPage,
  type ListedModel,
} from '@tollgate/protocol';
import { isGeminiPath } from '../dialects/gemini-path.ts';
import type { RequestContext } from '../request-context.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import { isServedBy } from '../stages/is-served-by.ts';

/** OpenAI's shape wants an owner of each model. */
const OWNER = 'tollgate';
const MODELS_PREFIX = /^\/v1(?:beta|alpha)?\/models\//;
/** Google's client asks under `/v1` too, where the others do. */
const GOOGLE_HEADERS = ['x-goog-api-key', 'x-goog-api-client'] as const;

export interface ListModelsServices {
  snapshots: Snapshots;
  prices: PriceBook;
}

/** API-6: what the key's accounts can serve, in the caller's shape. Works at zero balance. Exit: 400 paging. */
export async function listModels(
  context: RequestContext,
  services: ListModelsServices,
): Promise<TollgateError | null> {
  const models = await collectModels(context, services);
  if (asksInGeminiWords(context)) return listInGeminiWords(context, models);
  if (!asksInAnthropicWords(context)) return sendJson(context, buildOpenAiModelList(models, OWNER));
  const paging = parseModelPage(context.request.query);
  if (paging.ok) return sendJson(context, buildAnthropicModelList(models, paging.page));
  return new TollgateError('invalid_request', { message: paging.message, param: paging.param });
}

function listInGeminiWords(context: RequestContext, models: readonly ListedModel[]): TollgateError | null {
  const paging = parseGeminiModelPage(context.request.query);
  if (paging.ok) return sendJson(context, buildGeminiModelList(models, paging.page));
  return new TollgateError('invalid_request', { message: paging.message, param: paging.param });
}

/** `GET /v1/models/{id}`, `GET /v1beta/models/{id}`. Exit: 404 for a model that the key cannot use. */
export async function getModel(
  context: RequestContext,
  services: ListModelsServices,
): Promise<TollgateError | null> {
  const id = decodePathPart(context.request.path.replace(MODELS_PREFIX, ''));
  const model = (await collectModels(context, services)).find((each) => each.id === id);
  if (model === undefined) {
    return new TollgateError('not_found', {
      message: `There is no model ${JSON.stringify(id.slice(0, 100))}.`,
    });
  }
  if (asksInGeminiWords(context)) return sendJson(context, buildGeminiModel(model));
  return sendJson(
    context,
    asksInAnthropicWords(context) ? buildAnthropicModel(model) : buildOpenAiModel(model, OWNER),
  );
}

async function collectModels(
  { admitted, endpoint }: RequestContext,
  services: ListModelsServices,
): Promise<ListedModel[]> {
  const groups = admitted.key.groups.filter(
    (group) => group.status === 'active' && isServedBy(endpoint, group),
  );
  const lists = await Promise.all(
    groups.map(async (group) => {
      const pool: PoolSnapshot | null = await services.snapshots.pools.get(group.id);
      return pool === null
        ? []
        : listServableModels(pool, services.prices.listModels(group.platform)).filter((model) =>
            isInModelScopes(group.modelScopes, model),
          );
    }),
  );
  return [...new Set(lists.flat())].toSorted().map((id) => ({ id }));
}

function asksInGeminiWords({ request }: RequestContext): boolean {
  return isGeminiPath(request.path) || GOOGLE_HEADERS.some((name) => request.header(name) !== '');
}

/** Anthropic's clients always name a version; who sends none expects OpenAI's shape. */
function asksInAnthropicWords(context: RequestContext): boolean {
  return context.request.header('anthropic-version') !== '' || context.request.header('x-api-key') !== '';
}

function sendJson(context: RequestContext, body: unknown): null {
  context.writer.send(200, { 'content-type': 'application/json' }, JSON.stringify(body));
  return null;
}

function decodePathPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
