import type { ToolNameRule } from '../conversation/fit-tool-name.ts';

/** Names that Google takes for functions. */
export const GEMINI_NAMES: ToolNameRule = {
  legal: /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/u,
  illegal: /[^A-Za-z0-9_.:-]/gu,
  charsMax: 64,
};

/** Everything before Gemini 3: no media in function responses, no thinking levels, no signatures demanded. */
const OLD_MODEL = /gemini-[12](?:\.|-|$)/u;
const BUDGET_MODEL = /gemini-2\.5/u;

/** Gemini 3 and later, and aliases such as `gemini-flash-latest`. */
export function isNewGemini(model: string): boolean {
  return model.includes('gemini') && !OLD_MODEL.test(model);
}

/** Models that are told how much to think in tokens. */
export function takesThinkingBudget(model: string): boolean {
  return BUDGET_MODEL.test(model);
}
