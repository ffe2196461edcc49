import type { RecordedRequest } from './recorded-request.ts';
import { parseCodeAssistCall } from './code-assist-call.ts';
import { readObject } from './read-json.ts';
import { readTexts } from './read-texts.ts';
import { readApiKey } from './select-script.ts';
import type { SimulatedCall } from './simulated-call.ts';

const GEMINI_PATH =
  /^\/v1(?:beta)?\/models\/(?<model>[^/]+):(?<method>generateContent|streamGenerateContent|countTokens)(?:\?(?<query>.*))?$/u;

/** null = another path. */
export function parseSimulatedCall(request: RecordedRequest): SimulatedCall | null {
  if (request.method !== 'POST') return null;
  const path = request.path.split('?')[0] ?? '';
  if (path === '/v1/chat/completions') return parseOpenAi('chat', request, 'messages');
  if (path === '/v1/responses') return parseOpenAi('responses', request, 'input');
  return parseGemini(request) ?? parseCodeAssistCall(request);
}

function parseOpenAi(
  protocol: 'chat' | 'responses',
  { json, headers }: RecordedRequest,
  turnsName: 'messages' | 'input',
): SimulatedCall {
  const body = readObject(json);
  const turns = body[turnsName];
  const model = typeof body['model'] === 'string' ? body['model'] : '';
  return {
    protocol,
    model,
    stream: body['stream'] === true,
    isArray: false,
    isCount: false,
    isEnveloped: false,
    wantsUsage: readObject(body['stream_options'])['include_usage'] === true,
    ...readTexts(turns),
    isKeyMissing: readApiKey(headers) === undefined || headers['x-api-key'] !== undefined,
    wrong: findWrong(model, turns, turnsName),
  };
}

function findWrong(model: string, turns: unknown, name: string): string | null {
  if (model === '') return 'you must provide a model parameter';
  return turns === undefined ? `Missing required parameter: '${name}'.` : null;
}

function parseGemini({ path, json, headers }: RecordedRequest): SimulatedCall | null {
  const parts = GEMINI_PATH.exec(path)?.groups;
  if (parts === undefined) return null;
  const whole = readObject(json);
  const body = readObject(whole['generateContentRequest'] ?? whole);
  const stream = parts['method'] === 'streamGenerateContent';
  return {
    protocol: 'gemini',
    model: decodeURIComponent(parts['model'] ?? ''),
    stream,
    isArray: stream && new URLSearchParams(parts['query'] ?? '').get('alt') !== 'sse',
    isCount: parts['method'] === 'countTokens',
    isEnveloped: false,
    wantsUsage: true,
    ...readTexts(body['contents']),
    isKeyMissing: headers['x-goog-api-key'] === undefined,
    wrong: Array.isArray(body['contents']) ? null : 'contents is not specified',
  };
}
