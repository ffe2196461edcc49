import { readObject } from './read-json.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { readTexts } from './read-texts.ts';
import { readApiKey } from './select-script.ts';
import type { SimulatedCall } from './simulated-call.ts';

const PATH =
  /^\/v1internal:(?<method>generateContent|streamGenerateContent|countTokens)(?:\?(?<query>.*))?$/u;
/** All that the envelope's own count takes. */
const COUNTED_FIELDS = new Set(['model', 'contents']);

/** Google's v1internal envelope around generateContent, for a token and a project; null = another path. */
export function parseCodeAssistCall({ path, json, headers }: RecordedRequest): SimulatedCall | null {
  const parts = PATH.exec(path)?.groups;
  if (parts === undefined) return null;
  const whole = readObject(json);
  const body = readObject(whole['request']);
  const stream = parts['method'] === 'streamGenerateContent';
  const isCount = parts['method'] === 'countTokens';
  const model = String((isCount ? body : whole)['model'] ?? '');
  return {
    protocol: 'gemini',
    model: model.replace('models/', ''),
    stream,
    isArray: stream && new URLSearchParams(parts['query'] ?? '').get('alt') !== 'sse',
    isCount,
    isEnveloped: true,
    wantsUsage: true,
    ...readTexts(body['contents']),
    isKeyMissing: readApiKey(headers) === undefined || headers['x-goog-api-key'] !== undefined,
    wrong: isCount ? findWrongCount(body, model) : findWrong(whole, body),
  };
}

function findWrong(whole: Record<string, unknown>, body: Record<string, unknown>): string | null {
  if (typeof whole['model'] !== 'string') return 'model is not specified';
  if (typeof whole['project'] !== 'string') return 'project is not specified';
  return Array.isArray(body['contents']) ? null : 'contents is not specified';
}

function findWrongCount(body: Record<string, unknown>, model: string): string | null {
  const foreign = Object.keys(body).find((key) => !COUNTED_FIELDS.has(key));
  if (foreign !== undefined) return `Unknown name "${foreign}" at 'request': Cannot find field.`;
  if (!model.startsWith('models/')) return 'model must begin with models/';
  return Array.isArray(body['contents']) ? null : 'contents is not specified';
}
