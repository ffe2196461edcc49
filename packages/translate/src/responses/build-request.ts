import type { ConversationRequest, OutputFormat } from '../conversation/conversation-request.ts';
import { joinText } from '../conversation/join-turns.ts';
import { giveItems } from '../conversation/function-schema.ts';
import { JSON_INSTRUCTION, needsJsonWord } from '../conversation/json-instruction.ts';
import { selectEffort, selectOutputTokensMax, selectSampling } from '../conversation/openai-models.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { buildInput } from './build-input.ts';
import { buildToolFields } from './build-tools.ts';

/** Less is refused. */
const OUTPUT_TOKENS_MIN = 16;

/** The neutral request in the words of Responses. Nothing is stored at OpenAI: the client's history is all there is. */
export function buildResponsesRequest(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { cacheKey, verbosity, outputFormat } = request;
  const instructions = joinText(request.system);
  const effort = selectEffort(request.reasoning, scope);
  const { temperature, topP } = selectSampling(request.sampling, effort, scope);
  const text = {
    ...(outputFormat !== null && { format: buildFormat(outputFormat) }),
    ...(verbosity !== null && { verbosity }),
  };
  return {
    model: scope.upstreamModel,
    ...(instructions !== '' && { instructions }),
    input: [...buildJsonWord(request), ...buildInput(request.turns, scope.context)],
    ...buildToolFields(request, scope),
    ...buildReasoning(request, effort),
    ...(Object.keys(text).length > 0 && { text }),
    ...buildMaxTokens(request, scope),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(cacheKey !== null && { prompt_cache_key: cacheKey }),
    ...(scope.isStream && { stream: true }),
    store: false,
  };
}

/** In the input: what the instructions say does not count. */
function buildJsonWord(request: ConversationRequest): JsonObject[] {
  return needsJsonWord(request, '')
    ? [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text: JSON_INSTRUCTION }] }]
    : [];
}

function buildMaxTokens(request: ConversationRequest, scope: RequestScope): JsonObject {
  const tokens = selectOutputTokensMax(request.outputTokensMax, scope);
  return tokens === null ? {} : { max_output_tokens: Math.max(OUTPUT_TOKENS_MIN, tokens) };
}

/** Thoughts are shown as a summary, which only models that reason have: only they are sent an effort. */
function buildReasoning({ reasoning }: ConversationRequest, effort: string | null): JsonObject {
  if (effort === null) return {};
  return { reasoning: { effort, ...(reasoning?.showsThoughts === true && { summary: 'auto' }) } };
}

function buildFormat(format: OutputFormat): JsonObject {
  if (format.type === 'json') return { type: 'json_object' };
  const { name, schema, isStrict } = format;
  return {
    type: 'json_schema',
    name,
    schema: giveItems(schema),
    ...(isStrict !== null && { strict: isStrict }),
  };
}
