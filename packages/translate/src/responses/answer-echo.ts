import { readNamespacedTools, type CalledTools } from './called-tool.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';

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
export interface ResponsesEcho extends CalledTools {
  /** As response objects repeat them. */
  fields: JsonObject;
}

/** Plain data: numbers that a double does not keep become plain ones, as they are for show only. */
export function buildEcho(body: JsonObject, { customTools, namespacedTools }: CalledTools): JsonObject {
  const fields: JsonObject = {};
  for (const [key, value] of Object.entries(DEFAULTS)) {
    const text = JSON.stringify(body[key] ?? value);
    // Instructions and schemas may be long, and no client reads them here.
    const isTooLong = text.length > TOOLS_CHARS_MAX;
    fields[key] = isTooLong ? value : (JSON.parse(text) as unknown);
  }
  // Nothing is kept: an id of a response is good for nothing.
  fields['store'] = false;
  return { fields, customTools: [...customTools], namespacedTools: { ...namespacedTools } };
}

/** The same as it comes back with the answer; requests of other shapes have none. */
export function readEcho(echo: JsonObject): ResponsesEcho {
  const { fields, customTools, namespacedTools } = echo;
  const names: unknown[] = Array.isArray(customTools) ? customTools : [];
  return {
    fields: isObject(fields) ? fields : { ...DEFAULTS, store: false },
    customTools: names.filter((name) => typeof name === 'string'),
    namespacedTools: readNamespacedTools(namespacedTools),
  };
}
