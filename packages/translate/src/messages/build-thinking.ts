import type { ConversationRequest, Effort } from '../conversation/conversation-request.ts';
import { endsInToolLoop } from '../conversation/ends-in-tool-loop.ts';
import { fitThinkingBudget } from '../conversation/fit-thinking-budget.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';

export interface Thinking {
  /** The field `thinking`; null = not sent. */
  thinking: JsonObject | null;
  /** `output_config.effort`; null = not sent. */
  effort: string | null;
}

const NONE: Thinking = { thinking: null, effort: null };
/** Models before thinking: the field is an error to them. */
const PLAIN_MODEL = /claude-(?:instant|2|3-(?:haiku|opus|sonnet|5))/u;
/** Models that know budgets only; those after 4.5 choose by themselves, guided by an effort. */
const BUDGET_MODEL = /claude-(?:3-7|(?:opus|sonnet|haiku)-4(?:-[015])?(?=$|-\d{8}|@|-v|-latest))/u;
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 10_000,
  high: 24_000,
  xhigh: 32_000,
  max: 32_000,
};
/** The efforts that every such model takes: others are refused by some. */
const EFFORT_NAMES: Readonly<Record<Effort, string | null>> = {
  none: null,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** How Anthropic is told to think, by what the model takes and what its other rules leave room for. */
export function buildThinking(
  request: ConversationRequest,
  scope: RequestScope,
  maxTokens: number,
): Thinking {
  const { reasoning } = request;
  if (reasoning === null) return NONE;
  if (reasoning.effort === 'none') return NONE;
  const isBudget = BUDGET_MODEL.test(scope.upstreamModel);
  const isLegal = !PLAIN_MODEL.test(scope.upstreamModel) && !isForced(request);
  if (!isLegal || (isBudget && endsInToolLoop(request.turns))) return leaveOut(scope);
  const effort = reasoning.effort === null ? null : EFFORT_NAMES[reasoning.effort];
  if (!isBudget) return { thinking: { type: 'adaptive' }, effort };
  const budget = fitThinkingBudget(reasoning.budgetTokens, BUDGETS[reasoning.effort ?? 'medium'], maxTokens);
  if (budget === null) return leaveOut(scope);
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort: null };
}

function leaveOut({ findings }: RequestScope): Thinking {
  findings.drop('reasoning');
  return NONE;
}

/** Anthropic refuses a forced tool together with thinking. */
function isForced({ toolChoice }: ConversationRequest): boolean {
  return toolChoice?.mode === 'any';
}
