import type { WireProtocol } from '../conversation/wire-protocol.ts';
import type { JsonObject } from '../json/json-object.ts';
import { encodeEnvelopedCount } from './encode-enveloped-count.ts';
import type { EncodedCount } from './encoded-count.ts';

export interface CountTarget {
  to: WireProtocol;
  upstreamModel: string;
  isCodeAssist: boolean;
}

/** What Anthropic's count_tokens takes of a request: whatever is read, and nothing about how to answer. */
const COUNTED_BY_MESSAGES = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
]);

/** API-5: the body of an upstream's count, of what a request there would be. Only for Messages and Gemini. */
export function encodeCount(
  request: JsonObject,
  { to, upstreamModel, isCodeAssist }: CountTarget,
): EncodedCount {
  if (isCodeAssist) return encodeEnvelopedCount(request, upstreamModel);
  const body =
    to === 'gemini'
      ? { generateContentRequest: { model: `models/${upstreamModel}`, ...request } }
      : Object.fromEntries(Object.entries(request).filter(([name]) => COUNTED_BY_MESSAGES.has(name)));
  return { body: Buffer.from(JSON.stringify(body)), isApproximate: false };
}
