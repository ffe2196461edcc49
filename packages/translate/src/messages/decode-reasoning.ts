import {
  EFFORTS,
  type Effort,
  type OutputFormat,
  type Reasoning,
} from '../conversation/conversation-request.ts';
import type { Fields } from '../json/fields.ts';
import { isObject } from '../json/json-object.ts';

/** `thinking` and `output_config.effort`. `disabled` is Anthropic's default, so it asks for nothing. */
export function decodeReasoning(body: Fields): Reasoning | null {
  const thinking = body.object('thinking');
  const effort = parseEffort(body.object('output_config')?.['effort']);
  const isOn = thinking?.['type'] === 'enabled' || thinking?.['type'] === 'adaptive';
  if (!isOn) return effort === null ? null : { effort, budgetTokens: null, showsThoughts: false };
  const budget = thinking['budget_tokens'];
  return {
    effort,
    budgetTokens: typeof budget === 'number' ? budget : null,
    showsThoughts: thinking['display'] !== 'omitted',
  };
}

/** An effort of a name that we do not know is left to the model. */
export function parseEffort(value: unknown): Effort | null {
  return EFFORTS.find((effort) => effort === value) ?? null;
}

/** `output_config.format`. */
export function decodeOutputFormat(body: Fields): OutputFormat | null {
  const format = body.object('output_config')?.['format'];
  if (!isObject(format) || !isObject(format['schema'])) return null;
  return { type: 'json-schema', name: 'answer', schema: format['schema'], isStrict: null };
}
