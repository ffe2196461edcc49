import type { AnswerContext } from './conversation/answer-context.ts';
import { encodeEnvelopedCount } from './counts/encode-enveloped-count.ts';
import { readCounted } from './counts/read-counted.ts';
import { isObject } from './json/json-object.ts';
import { parseExactJson } from './json/parse-exact-json.ts';
import { injectGeminiMcpXml } from './mcp-xml/inject-gemini-mcp-xml.ts';
import type { RequestTranslation, RequestTranslationOptions } from './request-translation.ts';

/**
 * A Gemini client's request to an upstream that speaks Gemini: its own body but for MCP tools that are called in XML
 * (API-7), or what of it a count takes (API-5). Throws RangeError for JSON that is nested deeper than the stack.
 */
export function editOwn(
  body: Uint8Array,
  { injectsMcpXml = false, isCount = false, upstreamModel }: RequestTranslationOptions,
  context: AnswerContext,
): RequestTranslation {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parsed = parseExactJson(bytes.toString('utf8'));
  const request = isCount ? readCounted(parsed) : parsed;
  const edited = injectsMcpXml && isObject(request) ? injectGeminiMcpXml(request) : null;
  const { mcpTools = [] } = edited ?? {};
  const known = mcpTools.length === 0 ? context : { ...context, mcpTools };
  const rest = { ok: true, dropped: [], context: known } as const;
  if (isCount) {
    if (!isObject(request) || !Array.isArray(request['contents']))
      return { ok: false, param: 'contents', message: 'contents: a list is required' };
    return { ...rest, ...encodeEnvelopedCount(edited?.body ?? request, upstreamModel) };
  }
  // A copy, where there is nothing to edit: worker threads hand over both bodies.
  return { ...rest, body: edited === null ? Buffer.from(bytes) : Buffer.from(JSON.stringify(edited.body)) };
}
