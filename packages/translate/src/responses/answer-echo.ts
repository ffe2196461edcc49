import { isObject, type JsonObject } from '../json/json-object.ts';
import type { NamespacedTool } from './tool-names.ts';

/** Fields of the request that every response object repeats, with what OpenAI shows where the client said nothing. */
const DEFAULTS: Readonly<JsonObject> = {
  instructions: null,
  max_output_tokens: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
};

/** Three events of each stream repeat the tools: large ones would cost more than the answer. */
const TOOLS_CHARS_MAX = 16_384;

/** What the answer's translation needs of a Responses request: plain JSON. */
export interface ResponsesEcho {
  /** As response objects repeat them. */
  fields: JsonObject;
  /** Tools that take free text, whose calls are items of another type. */
  customTools: ReadonlySet<string>;
  namespaced: Readonly<Record<string, NamespacedTool>>;
}

/** Plain data: numbers that a double does not keep become plain ones, as they are for show only. */
export function buildEcho(
  body: JsonObject,
  {
    customNames,
    namespaced,
  }: { customNames: string[]; namespaced: Readonly<Record<string, NamespacedTool>> },
): JsonObject {
  const fields: JsonObject = {};
  for (const [key, value] of Object.entries(DEFAULTS)) {
    const text = JSON.stringify(body[key] ?? value);
    // Instructions and schemas may be long, and no client reads them here.
    const isTooLong = text.length > TOOLS_CHARS_MAX;
    fields[key] = isTooLong ? value : (JSON.parse(text) as unknown);
  }
  // Nothing is kept: an id of a response is good for nothing.
  fields['store'] = false;
  return { fields, customTools: customNames, namespaced: { ...namespaced } };
}

/** The same as it comes back with the answer; requests of other shapes have none. */
export function readEcho({ fields, customTools, namespaced }: JsonObject): ResponsesEcho {
  const names: unknown[] = Array.isArray(customTools) ? customTools : [];
  return {
    fields: isObject(fields) ? fields : { ...DEFAULTS, store: false },
    customTools: new Set(names.filter((name) => typeof name === 'string')),
    namespaced: isObject(namespaced) ? (namespaced as Record<string, NamespacedTool>) : {},
  };
}

/** How the client knows the tool of that name: what a call of it says. */
export function selectClientTool(
  name: string,
  { namespaced }: ResponsesEcho,
): { name: string; namespace: string | null } {
  return Object.hasOwn(namespaced, name)
    ? (namespaced[name] ?? { name, namespace: null })
    : { name, namespace: null };
}
