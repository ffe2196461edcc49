import type { ConversationRequest, OutputFormat, Reasoning } from '../conversation/conversation-request.ts';
import { joinText } from '../conversation/join-turns.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { buildInput } from './build-input.ts';
import { buildToolFields } from './build-tools.ts';

/** Less is refused. */
const OUTPUT_TOKENS_MIN = 16;
/** Models that do not reason refuse the field; those that do refuse sampling. */
const REASONING_MODEL = /^(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex|gpt-oss)/u;
/** A budget says how much is wanted as well as a word does. */
const BUDGET_LOW = 2048;
const BUDGET_MEDIUM = 16_384;

/** The neutral request in the words of Responses. Nothing is stored at OpenAI: the client's history is all there is. */
export function buildResponsesRequest(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { cacheKey, verbosity, outputFormat } = request;
  const instructions = joinText(request.system);
  const text = {
    ...(outputFormat !== null && { format: buildFormat(outputFormat) }),
    ...(verbosity !== null && { verbosity }),
  };
  return {
    model: scope.upstreamModel,
    ...(instructions !== '' && { instructions }),
    input: buildInput(request.turns),
    ...buildToolFields(request),
    ...buildReasoning(request.reasoning, scope),
    ...(Object.keys(text).length > 0 && { text }),
    ...buildMaxTokens(request, scope),
    ...buildSampling(request, scope),
    ...(cacheKey !== null && { prompt_cache_key: cacheKey }),
    ...(scope.isStream && { stream: true }),
    store: false,
  };
}

function buildMaxTokens({ outputTokensMax }: ConversationRequest, scope: RequestScope): JsonObject {
  if (outputTokensMax === null) return {};
  const limit = Math.min(outputTokensMax, scope.outputTokensMax ?? outputTokensMax);
  return { max_output_tokens: Math.max(OUTPUT_TOKENS_MIN, limit) };
}

function buildReasoning(reasoning: Reasoning | null, scope: RequestScope): JsonObject {
  if (reasoning === null) return {};
  if (!REASONING_MODEL.test(scope.upstreamModel)) {
    if (reasoning.effort !== 'none') scope.findings.drop('reasoning');
    return {};
  }
  const effort = selectEffort(reasoning);
  const fields = {
    ...(effort !== null && { effort }),
    ...(reasoning.showsThoughts === true && { summary: 'auto' }),
  };
  return Object.keys(fields).length > 0 ? { reasoning: fields } : {};
}

/** Only these three are taken by every model that reasons. */
function selectEffort({ effort, budgetTokens }: Reasoning): string | null {
  switch (effort) {
    case 'none':
    case 'minimal':
    case 'low':
      return 'low';
    case 'medium':
      return 'medium';
    case 'high':
    case 'xhigh':
    case 'max':
      return 'high';
    case null:
      if (budgetTokens === null) return null;
      if (budgetTokens <= BUDGET_LOW) return 'low';
      return budgetTokens <= BUDGET_MEDIUM ? 'medium' : 'high';
  }
}

function buildFormat(format: OutputFormat): JsonObject {
  if (format.type === 'json') return { type: 'json_object' };
  // Strict schemas have rules that a client of another protocol does not know.
  return { type: 'json_schema', name: format.name, schema: format.schema, strict: format.isStrict ?? false };
}

function buildSampling(request: ConversationRequest, { upstreamModel, findings }: RequestScope): JsonObject {
  const { temperature, topP } = request.sampling;
  if (REASONING_MODEL.test(upstreamModel)) {
    if (temperature !== null && temperature !== 1) findings.drop('temperature');
    if (topP !== null && topP !== 1) findings.drop('top-p');
    return {};
  }
  return {
    ...(temperature !== null && { temperature: Math.min(2, Math.max(0, temperature)) }),
    ...(topP !== null && { top_p: topP }),
  };
}
