import type { ConversationRequest } from '../conversation/conversation-request.ts';
import { joinText } from '../conversation/join-turns.ts';
import { JSON_INSTRUCTION } from '../conversation/json-instruction.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { buildMessagesTurns } from './build-turns.ts';
import { buildThinking, type Thinking } from './build-thinking.ts';
import { buildToolChoice, buildTools } from './build-tools.ts';

/** What Anthropic must be told when neither the client nor the price book knows better: every model takes it. */
const OUTPUT_TOKENS_DEFAULT = 8192;

/** The neutral request in Anthropic's words (version 2023-06-01, which still knows sampling). */
export function buildMessagesRequest(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { outputFormat } = request;
  const maxTokens = selectMaxTokens(request, scope);
  const thinking = buildThinking(request, scope, maxTokens);
  const system = buildSystem(request);
  const schema = outputFormat?.type === 'json-schema' ? outputFormat.schema : null;
  const outputConfig = {
    ...(thinking.effort !== null && { effort: thinking.effort }),
    ...(schema !== null && { format: { type: 'json_schema', schema } }),
  };
  return {
    model: scope.upstreamModel,
    max_tokens: maxTokens,
    ...(system !== '' && { system }),
    messages: buildMessagesTurns(request.turns, scope),
    ...buildTools(request, scope),
    ...buildToolChoice(request, scope),
    ...(thinking.thinking !== null && { thinking: thinking.thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...buildStops(request, scope),
    ...buildSampling(request, thinking, scope),
    ...(scope.isStream && { stream: true }),
  };
}

/** With a budget of thinking, the answer still needs room behind it. */
function selectMaxTokens({ outputTokensMax }: ConversationRequest, scope: RequestScope): number {
  const limit = scope.outputTokensMax;
  if (outputTokensMax === null) return limit ?? OUTPUT_TOKENS_DEFAULT;
  return Math.max(1, limit === null ? outputTokensMax : Math.min(outputTokensMax, limit));
}

function buildSystem({ system, outputFormat }: ConversationRequest): string {
  const text = joinText(system.filter((block) => block.text.trim() !== ''));
  if (outputFormat?.type !== 'json') return text;
  return text === '' ? JSON_INSTRUCTION : `${text}\n\n${JSON_INSTRUCTION}`;
}

/** White space alone is refused as a stop sequence. */
function buildStops({ stopSequences }: ConversationRequest, { findings }: RequestScope): JsonObject {
  const stops = stopSequences.filter((stop) => stop.trim() !== '');
  if (stops.length < stopSequences.length) findings.drop('stop-sequences');
  return stops.length > 0 ? { stop_sequences: stops } : {};
}

/** Thinking wants the model's own sampling; newer models take temperature or top_p, not both. */
function buildSampling(
  { sampling: { temperature, topP, topK } }: ConversationRequest,
  { thinking }: Thinking,
  { findings }: RequestScope,
): JsonObject {
  const isFree = thinking === null || thinking['type'] === 'disabled';
  if (!isFree) {
    if (temperature !== null && temperature !== 1) findings.drop('temperature');
    if (topP !== null && topP !== 1) findings.drop('top-p');
    if (topK !== null) findings.drop('top-k');
    return {};
  }
  if (temperature !== null && topP !== null && topP !== 1) findings.drop('top-p');
  return {
    ...(temperature !== null && { temperature: Math.min(1, Math.max(0, temperature)) }),
    ...(temperature === null && topP !== null && { top_p: topP }),
    ...(topK !== null && { top_k: topK }),
  };
}
