import type { ConversationRequest, Effort, Reasoning, Turn } from '../conversation/conversation-request.ts';
import { endsInToolLoop } from '../conversation/ends-in-tool-loop.ts';
import { fitThinkingBudget } from '../conversation/fit-thinking-budget.ts';
import { selectOutputTokensMax } from '../conversation/openai-models.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { isNewGemini, takesThinkingBudget } from './gemini-models.ts';
import { cleanSchema } from './schema/clean-schema.ts';

const STOPS_MAX = 5;
const LOW_BUDGET_MAX = 4096;

const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

export function buildGenerationConfig(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = request.sampling;
  const tokens = selectOutputTokensMax(request.outputTokensMax, scope);
  return {
    ...(tokens !== null && { maxOutputTokens: tokens }),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { topP }),
    ...(topK !== null && { topK }),
    ...(seed !== null && { seed }),
    ...(presencePenalty !== null && { presencePenalty }),
    ...(frequencyPenalty !== null && { frequencyPenalty }),
    ...buildStops(request, scope),
    ...buildThinking(request, tokens, scope),
    ...buildOutputFormat(request, scope),
  };
}

function buildStops({ stopSequences }: ConversationRequest, { findings }: RequestScope): JsonObject {
  const stops = stopSequences.slice(0, STOPS_MAX);
  if (stops.length < stopSequences.length) findings.drop('stop-sequences');
  return stops.length > 0 ? { stopSequences: stops } : {};
}

function buildThinking(
  { reasoning, turns }: ConversationRequest,
  tokensMax: number | null,
  { upstreamModel, findings }: RequestScope,
): JsonObject {
  if (reasoning === null) return {};
  const amount = selectAmount(reasoning, turns, tokensMax, upstreamModel);
  if (amount === false) {
    if (reasoning.effort !== 'none') findings.drop('reasoning');
    return {};
  }
  const showsThoughts = reasoning.showsThoughts === true && reasoning.effort !== 'none';
  const config = { ...amount, ...(showsThoughts && { includeThoughts: true }) };
  return Object.keys(config).length > 0 ? { thinkingConfig: config } : {};
}

/** false = the model is not told to think. */
function selectAmount(
  reasoning: Reasoning,
  turns: readonly Turn[],
  tokensMax: number | null,
  model: string,
): JsonObject | false {
  if (model.includes('claude')) return !endsInToolLoop(turns) && buildClaudeBudget(reasoning, tokensMax);
  if (takesThinkingBudget(model)) return buildBudget(reasoning, model);
  return isNewGemini(model) && buildLevel(reasoning, model);
}

/** Anthropic's rules hold behind Google's API too. */
function buildClaudeBudget(
  { effort, budgetTokens }: Reasoning,
  tokensMax: number | null,
): JsonObject | false {
  const ofEffort = effort === null ? 0 : BUDGETS[effort];
  if ((budgetTokens ?? ofEffort) === 0) return {};
  const thinkingBudget = fitThinkingBudget(budgetTokens, ofEffort, tokensMax);
  return thinkingBudget !== null && { thinkingBudget };
}

/** The ranges differ: Pro cannot do without thinking, Flash can. */
function buildBudget({ effort, budgetTokens }: Reasoning, model: string): JsonObject {
  const wanted = budgetTokens ?? (effort === null ? null : BUDGETS[effort]);
  if (wanted === null) return {};
  if (wanted === 0) return model.includes('pro') ? {} : { thinkingBudget: 0 };
  return { thinkingBudget: Math.min(24_576, Math.max(512, wanted)) };
}

/** Every model takes `low` and `high`; the middle is Flash's. */
function buildLevel({ effort, budgetTokens }: Reasoning, model: string): JsonObject {
  switch (effort) {
    case 'none':
    case 'minimal':
    case 'low':
      return { thinkingLevel: 'LOW' };
    case 'medium':
      return { thinkingLevel: model.includes('flash') ? 'MEDIUM' : 'HIGH' };
    case 'high':
    case 'xhigh':
    case 'max':
      return { thinkingLevel: 'HIGH' };
    case null:
      if (budgetTokens === null) return {};
      return { thinkingLevel: budgetTokens <= LOW_BUDGET_MAX ? 'LOW' : 'HIGH' };
  }
}

/** Models before Gemini 3 refuse it together with functions. */
function buildOutputFormat({ outputFormat, tools }: ConversationRequest, scope: RequestScope): JsonObject {
  if (outputFormat === null) return {};
  if (tools.length > 0 && !isNewGemini(scope.upstreamModel)) {
    scope.findings.drop(outputFormat.type === 'json' ? 'json-object' : 'json-schema');
    return {};
  }
  const format = { responseMimeType: 'application/json' };
  if (outputFormat.type === 'json') return format;
  const { schema } = outputFormat;
  if (scope.isCodeAssist) return { ...format, responseSchema: cleanSchema(schema, 'openapi') };
  return { ...format, responseJsonSchema: cleanSchema(schema, 'json-schema') };
}
