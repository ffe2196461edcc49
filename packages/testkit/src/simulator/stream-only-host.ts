import { readObject } from './read-json.ts';
import type { SimulatedProtocol } from './simulated-call.ts';

/** Known from the reports of those who were refused. */
const REFUSED = [
  'max_output_tokens',
  'temperature',
  'top_p',
  'truncation',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_retention',
  'previous_response_id',
];

/** What a host of ChatGPT accounts has against a request, in its own words; null = nothing. */
export function findStreamOnlyFault(protocol: SimulatedProtocol, json: unknown): string | null {
  if (protocol !== 'responses') return 'Not Found';
  const body = readObject(json);
  if (body['stream'] !== true) return 'Stream must be set to true';
  if (body['store'] !== false) return 'Store must be set to false';
  if (typeof body['instructions'] !== 'string') return 'Instructions are required';
  if (!Array.isArray(body['input'])) return 'Input must be a list';
  if (body['input'].some((item) => readObject(item)['role'] === 'system'))
    return 'System messages are not allowed';
  const refused = REFUSED.find((field) => Object.hasOwn(body, field));
  return refused === undefined ? null : `Unsupported parameter: ${refused}`;
}
