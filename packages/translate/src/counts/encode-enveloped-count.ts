import { getCamel } from '../gemini/camel-keys.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';
import type { EncodedCount } from './encoded-count.ts';

/**
 * The body of code-assist's `:countTokens`, which takes the conversation alone, with the model inside: system text and tools stand in
 * front of it as texts of the user, for the upstream's own tokenizer is closer than any guess of ours. What lies cached
 * at Google is not counted.
 */
export function encodeEnvelopedCount(body: JsonObject, model: string): EncodedCount {
  const front = [...buildSystem(body), ...buildTools(body)];
  const contents: unknown = getCamel(body, 'contents');
  const request = {
    model: `models/${model}`,
    contents: [...front, ...(Array.isArray(contents) ? (contents as unknown[]) : [])],
  };
  return {
    body: Buffer.from(JSON.stringify({ request })),
    isApproximate: front.length > 0 || typeof getCamel(body, 'cachedContent') === 'string',
  };
}

function buildSystem(body: JsonObject): JsonObject[] {
  const system = getCamel(body, 'systemInstruction');
  if (typeof system === 'string') return system === '' ? [] : [buildText(system)];
  const parts = isObject(system) ? system['parts'] : null;
  return Array.isArray(parts) && parts.length > 0 ? [{ role: 'user', parts: parts as unknown[] }] : [];
}

function buildTools(body: JsonObject): JsonObject[] {
  const tools = getCamel(body, 'tools');
  return Array.isArray(tools) && tools.length > 0 ? [buildText(JSON.stringify(tools))] : [];
}

function buildText(text: string): JsonObject {
  return { role: 'user', parts: [{ text }] };
}
