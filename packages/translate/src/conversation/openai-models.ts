import type { Effort, Reasoning, Sampling } from './conversation-request.ts';
import type { RequestScope } from './translation-scope.ts';

const REASONING_MODEL = /^(?:o\d|codex|gpt-(?:[5-9]|\d\d)(?!.*chat))/u;
const PLAIN_MODEL = /^(?:gpt-[34]|chatgpt-)/u;
const OWN_MODEL = /^(?:gpt-|chatgpt-|o\d|codex)/u;
const LOW_BUDGET_MAX = 4096;
const MEDIUM_BUDGET_MAX = 16_384;

/** Effort names that every reasoning model of OpenAI takes. */
const EFFORT_NAMES: Readonly<Record<Effort, string>> = {
  none: 'low',
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** OpenAI's own models; compatible vendors know older fields only. */
export function isOpenAiModel(model: string): boolean {
  return OWN_MODEL.test(model);
}

/** `reasoning_effort`, or `reasoning.effort`; null = not sent, as the model knows none or the client said none. */
export function selectEffort(reasoning: Reasoning | null, scope: RequestScope): string | null {
  if (reasoning === null) return null;
  if (PLAIN_MODEL.test(scope.upstreamModel)) {
    scope.findings.drop('reasoning');
    return null;
  }
  const { effort, budgetTokens } = reasoning;
  const isOpenAi = scope.from === 'chat' || scope.from === 'responses';
  if (effort !== null) return isOpenAi ? effort : EFFORT_NAMES[effort];
  return budgetTokens === null ? null : mapBudgetToEffort(budgetTokens);
}

function mapBudgetToEffort(budgetTokens: number): string {
  if (budgetTokens <= LOW_BUDGET_MAX) return 'low';
  return budgetTokens <= MEDIUM_BUDGET_MAX ? 'medium' : 'high';
}

/** Sampling that the model takes: reasoning models refuse all of it, unless they do not reason. */
export function selectSampling(sampling: Sampling, effort: string | null, scope: RequestScope): Sampling {
  if (!REASONING_MODEL.test(scope.upstreamModel) || effort === 'none') return sampling;
  const { temperature, topP, presencePenalty, frequencyPenalty } = sampling;
  if (temperature !== null && temperature !== 1) scope.findings.drop('temperature');
  if (topP !== null && topP !== 1) scope.findings.drop('top-p');
  if ((presencePenalty ?? 0) !== 0 || (frequencyPenalty ?? 0) !== 0) scope.findings.drop('penalties');
  return { ...sampling, temperature: null, topP: null, presencePenalty: null, frequencyPenalty: null };
}

/** Whether the model stops at sequences of the client. */
export function takesStops(model: string): boolean {
  return !REASONING_MODEL.test(model);
}

/** The client's wish, cut to what the model can where that is known. */
export function selectOutputTokensMax(
  wanted: number | null,
  { outputTokensMax }: RequestScope,
): number | null {
  if (wanted === null || outputTokensMax === null) return wanted;
  return Math.min(wanted, outputTokensMax);
}
