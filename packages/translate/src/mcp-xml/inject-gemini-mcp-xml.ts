import { getCamel, setCamel } from '../gemini/camel-keys.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { buildMcpInstruction } from './build-instruction.ts';
import { listDeclaredXmlTools, readCalling, withoutXmlTools } from './inject-gemini-tools.ts';
import { rewriteGeminiContents } from './rewrite-gemini-contents.ts';
import { splitToolChoice } from './split-tool-choice.ts';

const CONTENTS = 'contents';
const SYSTEM = 'systemInstruction';

export interface InjectedGeminiBody {
  body: JsonObject;
  /** Whose calls are to be found in the answer. */
  mcpTools: string[];
}

/**
 * API-7 for a Gemini client, whose upstream speaks Gemini too: the same as injectMcpXml, but as an edit of the client's
 * own body, of which all other fields stay. null = there is nothing to do: no MCP tool, or a body that the upstream
 * will refuse.
 */
export function injectGeminiMcpXml(parsed: JsonObject): InjectedGeminiBody | null {
  const tools = listDeclaredXmlTools(parsed);
  const system = getCamel(parsed, SYSTEM) ?? { role: 'user', parts: [] };
  if (tools.length === 0 || !isSystem(system)) return null;
  const { choice, offers, demand } = splitToolChoice(readCalling(parsed));
  const offered = tools.filter(({ name }) => offers(name));
  const bare = setCamel(
    withoutXmlTools(parsed, choice),
    CONTENTS,
    rewriteGeminiContents(getCamel(parsed, CONTENTS)),
  );
  const told =
    offered.length === 0
      ? bare
      : setCamel(bare, SYSTEM, addText(system, buildMcpInstruction(offered, demand)));
  return { body: told, mcpTools: offered.map(({ name }) => name) };
}

/** Some clients send a string. */
function isSystem(system: unknown): system is string | JsonObject {
  if (typeof system === 'string') return true;
  return isObject(system) && (system['parts'] === undefined || Array.isArray(system['parts']));
}

function addText(system: string | JsonObject, text: string): JsonObject {
  if (typeof system === 'string') return { role: 'user', parts: [{ text: system }, { text }] };
  const { parts } = system;
  return { ...system, parts: [...(Array.isArray(parts) ? (parts as unknown[]) : []), { text }] };
}
