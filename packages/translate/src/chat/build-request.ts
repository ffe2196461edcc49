import type { ConversationRequest, OutputFormat } from '../conversation/conversation-request.ts';
import {
  isOpenAiModel,
  selectEffort,
  selectOutputTokensMax,
  selectSampling,
  takesStops,
} from '../conversation/openai-models.ts';
import { giveItems } from '../conversation/function-schema.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { buildChatMessages } from './build-messages.ts';
import { buildChatTools } from './build-tools.ts';

const STOPS_MAX = 4;

/** The neutral request in the words of Chat Completions. */
export function buildChatRequest(request: ConversationRequest, scope: RequestScope): JsonObject {
  const effort = selectEffort(request.reasoning, scope);
  const { outputFormat, verbosity, cacheKey } = request;
  return {
    model: scope.upstreamModel,
    messages: buildChatMessages(request, scope),
    ...buildChatTools(request, scope),
    ...buildOutputTokensMax(request, scope),
    ...buildStops(request, scope),
    ...buildSampling(request, effort, scope),
    ...(effort !== null && { reasoning_effort: effort }),
    ...(outputFormat !== null && { response_format: buildOutputFormat(outputFormat) }),
    ...(verbosity !== null && { verbosity }),
    ...(cacheKey !== null && { prompt_cache_key: cacheKey }),
    // Without it the stream says nothing of usage (MON-8).
    ...(scope.isStream && { stream: true, stream_options: { include_usage: true } }),
  };
}

/** OpenAI's reasoning models refuse the old name, compatible vendors overlook the new one. */
function buildOutputTokensMax({ outputTokensMax }: ConversationRequest, scope: RequestScope): JsonObject {
  const tokens = selectOutputTokensMax(outputTokensMax, scope);
  if (tokens === null) return {};
  return { [isOpenAiModel(scope.upstreamModel) ? 'max_completion_tokens' : 'max_tokens']: tokens };
}

function buildStops(
  { stopSequences }: ConversationRequest,
  { findings, upstreamModel }: RequestScope,
): JsonObject {
  const stops = takesStops(upstreamModel) ? stopSequences.slice(0, STOPS_MAX) : [];
  if (stops.length < stopSequences.length) findings.drop('stop-sequences');
  return stops.length > 0 ? { stop: stops } : {};
}

function buildSampling(request: ConversationRequest, effort: string | null, scope: RequestScope): JsonObject {
  const { temperature, topP, presencePenalty, frequencyPenalty, seed } = selectSampling(
    request.sampling,
    effort,
    scope,
  );
  return {
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(presencePenalty !== null && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== null && { frequency_penalty: frequencyPenalty }),
    ...(seed !== null && { seed }),
  };
}

function buildOutputFormat(format: OutputFormat): JsonObject {
  if (format.type === 'json') return { type: 'json_object' };
  const { name, schema, isStrict } = format;
  return {
    type: 'json_schema',
    json_schema: { name, schema: giveItems(schema), ...(isStrict !== null && { strict: isStrict }) },
  };
}
