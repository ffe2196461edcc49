import { EFFORTS, type OutputFormat, type Reasoning } from '../conversation/conversation-request.ts';
import { Fields } from '../json/fields.ts';
import { isObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';

/** `reasoning`. A client reads thoughts only as the summary that it asks for. */
export function decodeReasoning(body: Fields): Reasoning | null {
  const reasoning = body.object('reasoning');
  if (reasoning === null) return null;
  const effort = EFFORTS.find((name) => name === reasoning['effort']) ?? null;
  const summary = reasoning['summary'] ?? reasoning['generate_summary'] ?? null;
  const showsThoughts = summary !== null && summary !== 'none';
  return effort === null && !showsThoughts ? null : { effort, budgetTokens: null, showsThoughts };
}

/** `text.format`; plain text is no format. */
export function decodeOutputFormat(body: Fields, findings: Findings): OutputFormat | null {
  const format = body.object('text')?.['format'];
  if (!isObject(format)) return null;
  const fields = new Fields(format, 'text.format', findings);
  switch (fields.raw('type')) {
    case 'json_object':
      return findings.carries('json-object', 'text.format') ? { type: 'json' } : null;
    case 'json_schema':
      return {
        type: 'json-schema',
        name: fields.text('name') ?? 'answer',
        schema: fields.object('schema') ?? {},
        isStrict: fields.flag('strict'),
      };
    default:
      return null;
  }
}
