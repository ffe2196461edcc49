import type { ConversationRequest, Effort, Turn } from '../conversation/conversation-request.ts';
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
const BUDGET_MIN = 1024;
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
  const budget = Math.min(reasoning.budgetTokens ?? BUDGETS[reasoning.effort ?? 'medium'], maxTokens - 1);
  if (budget < BUDGET_MIN) return leaveOut(scope);
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

/**
 * Models with budgets refuse a tool loop whose assistant turn does not begin with its signed thinking, which a
 * history from another protocol never has.
 */
function endsInToolLoop(turns: readonly Turn[]): boolean {
  const answered = turns.findLastIndex(({ role }) => role === 'assistant');
  // What the user says behind the results becomes part of the same message.
  return turns.slice(answered + 1).some(({ blocks }) => blocks.some(({ type }) => type === 'tool-result'));
}
