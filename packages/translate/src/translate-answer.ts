import type { AnswerContext } from './conversation/answer-context.ts';
import type { AnswerScope } from './conversation/translation-scope.ts';
import type { WireProtocol } from './conversation/wire-protocol.ts';
import { isObject } from './json/json-object.ts';
import { parseExactJson } from './json/parse-exact-json.ts';
import { convertXmlCalls } from './mcp-xml/convert-xml-calls.ts';
import { Findings } from './policy/findings.ts';
import { selectParts } from './protocols.ts';

export interface AnswerTranslationOptions {
  /** What the upstream speaks. */
  from: WireProtocol;
  /** What the client speaks. */
  to: WireProtocol;
  /** The name that the client asked for. */
  model: string;
  /** As translateRequest gave it. */
  context: AnswerContext;
  /** Seconds since the epoch. */
  createdAtS: number;
  /** Makes ids where the upstream gave none: letters, digits, `_` and `-`, without a protocol's prefix. */
  createId: () => string;
  /** For a gemini client's stream. Default `sse`. */
  framing?: 'sse' | 'array';
}

/** A whole answer (UTF-8 JSON) in the client's protocol; null = the body is no answer of `from`. Never throws. */
export function translateAnswer(
  body: Uint8Array,
  options: AnswerTranslationOptions,
): { body: Uint8Array; dropped: readonly string[] } | null {
  const parsed = parseExactJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  if (!isObject(parsed)) return null;
  const scope = buildAnswerScope(options);
  try {
    const answer = selectParts(options.from).decodeAnswer(parsed, scope);
    if (answer === null) return null;
    const { mcpTools = [] } = scope.context;
    const read = mcpTools.length === 0 ? answer : convertXmlCalls(answer, mcpTools);
    const built = selectParts(options.to).buildAnswer(read, scope);
    return { body: Buffer.from(JSON.stringify(built)), dropped: scope.findings.dropped };
  } catch (error) {
    // Tool input nested deeper than the stack: no client could read it either.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export function buildAnswerScope(options: AnswerTranslationOptions): AnswerScope {
  const { from, to, model, context, createdAtS, createId, framing = 'sse' } = options;
  return { from, to, model, context, createdAtS, createId, framing, findings: new Findings(to) };
}
