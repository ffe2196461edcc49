import type { OutputFormat } from '../conversation/conversation-request.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';

/** `response_format`; `text` is what is anyway. */
export function decodeOutputFormat(body: Fields, findings: Findings): OutputFormat | null {
  const format = body.object('response_format');
  switch (format?.['type']) {
    case 'json_object':
      return findings.carries('json-object', 'response_format') ? { type: 'json' } : null;
    case 'json_schema': {
      const path = 'response_format.json_schema';
      const fields = new Fields(body.object('response_format') ?? {}, 'response_format', findings);
      const described = new Fields(fields.object('json_schema') ?? {}, path, findings);
      const schema = described.object('schema');
      if (schema === null) return { type: 'json' };
      return {
        type: 'json-schema',
        name: described.text('name') ?? 'answer',
        schema,
        isStrict: described.flag('strict'),
      };
    }
    default:
      return null;
  }
}
