import { findField } from '@tollgate/protocol';
import { GeminiXmlCalls } from '../mcp-xml/gemini-xml-calls.ts';
import { insertMember } from './splice-members.ts';

const LINE_FEED = 10;
const SPACE = 32;

/**
 * The response inside one v1internal envelope, its bytes as they came; null = there is none, as in an error. Google's
 * own client takes the trace as the answer's id: it is put in where the response has none.
 */
export function unwrapResponse(envelope: Buffer): Buffer | null {
  const text = envelope.toString('latin1');
  const response = findField(text, ['response']);
  if (response === null || !response.startsWith('{')) return null;
  const trace = parseString(findField(text, ['traceId']));
  const inner = Buffer.from(response, 'latin1');
  return trace === null ? inner : insertMember(inner, 'responseId', trace);
}

/** Not streamed: a whole answer without its envelope; null = it has none. `mcpTools`: as for a stream. */
export function unwrapCodeAssistAnswer(body: Uint8Array, mcpTools: readonly string[] = []): Buffer | null {
  const response = unwrapResponse(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (response === null || mcpTools.length === 0) return response;
  return new GeminiXmlCalls(mcpTools).edit(response);
}

/** In one line: what is no string of JSON is only white space there. */
export function joinLines(json: Buffer): Buffer {
  if (!json.includes(LINE_FEED)) return json;
  return Buffer.from(json.map((byte) => (byte === LINE_FEED ? SPACE : byte)));
}

function parseString(json: string | null): string | null {
  if (json === null || !json.startsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(json, 'latin1').toString());
    return typeof value === 'string' && value !== '' ? value : null;
  } catch {
    return null;
  }
}
