import { answerOpenCalls } from './conversation/answer-open-calls.ts';
import { placeResults } from './conversation/place-results.ts';
import type { RequestScope } from './conversation/translation-scope.ts';
import { encodeCount } from './counts/encode-count.ts';
import { readCounted } from './counts/read-counted.ts';
import { editOwn } from './edit-own.ts';
import { isObject, type JsonObject } from './json/json-object.ts';
import { isExactNumber, parseExactJson } from './json/parse-exact-json.ts';
import { injectMcpXml } from './mcp-xml/inject-mcp-xml.ts';
import { Findings } from './policy/findings.ts';
import { selectParts } from './protocols.ts';
import type { RequestTranslation, RequestTranslationOptions } from './request-translation.ts';

/** A client's request (UTF-8 JSON) as the upstream's protocol wants it. Never throws; `body` is not changed. */
export function translateRequest(body: Uint8Array, options: RequestTranslationOptions): RequestTranslation {
  if (options.from === options.to) return editSame(body, options);
  const parsed = parseExactJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  const request = options.isCount === true && options.from === 'gemini' ? readCounted(parsed) : parsed;
  if (!isObject(request) || isExactNumber(request)) return refuse(null, 'the body must be a JSON object');
  try {
    return translateParsed(request, buildScope(options), options);
  } catch (error) {
    // JSON.parse takes any depth; what walks and writes JSON recurses until the stack ends.
    return refuseDepth(error);
  }
}

/** A Gemini client's own body, of which only what has to be is edited. */
function editSame(body: Uint8Array, options: RequestTranslationOptions): RequestTranslation {
  try {
    return editOwn(body, options, buildScope(options).context);
  } catch (error) {
    return refuseDepth(error);
  }
}

/** What was thrown on the way through a body, where it is not the client's fault, is thrown on. */
function refuseDepth(error: unknown): RequestTranslation {
  if (error instanceof RangeError) return refuse(null, 'the body is nested too deeply');
  throw error;
}

/** Builders may refuse too: not every limit is known before the whole request is. */
function translateParsed(
  parsed: JsonObject,
  scope: RequestScope,
  { injectsMcpXml = false, isCount = false }: RequestTranslationOptions,
): RequestTranslation {
  const { findings } = scope;
  const request = selectParts(scope.from).decodeRequest(parsed, scope);
  request.turns = answerOpenCalls(placeResults(request.turns));
  if (injectsMcpXml) injectMcpXml(request, scope.context);
  const built = findings.refusal === null ? selectParts(scope.to).buildRequest(request, scope) : {};
  if (findings.refusal !== null) return refuse(findings.refusal.param, findings.refusal.message);
  const { dropped } = findings;
  const { context } = scope;
  if (isCount) return { ok: true, ...encodeCount(built, scope), dropped, context };
  return { ok: true, body: Buffer.from(JSON.stringify(built)), dropped, context };
}

function buildScope(options: RequestTranslationOptions): RequestScope {
  return {
    from: options.from,
    to: options.to,
    upstreamModel: options.upstreamModel,
    isStream: options.stream,
    isCodeAssist: options.isCodeAssist ?? false,
    outputTokensMax: options.outputTokensMax,
    findings: new Findings(options.to),
    context: { includesUsage: false, showsThoughts: false, toolNames: {}, echo: {} },
  };
}

function refuse(param: string | null, message: string): RequestTranslation {
  return { ok: false, param, message };
}
