import type {
  ConversationRequest,
  ToolChoice,
  ToolDefinition,
} from '../conversation/conversation-request.ts';
import type { JsonObject } from '../json/json-object.ts';

/** `tools` and what belongs to them: a choice without tools is refused. */
export function buildChatTools(request: ConversationRequest): JsonObject {
  const { tools, toolChoice, allowsParallelCalls, hasWebSearch } = request;
  const search = hasWebSearch ? { web_search_options: {} } : {};
  if (tools.length === 0) return search;
  return {
    tools: tools.map(buildTool),
    ...(toolChoice !== null && { tool_choice: buildToolChoice(toolChoice) }),
    ...(allowsParallelCalls === false && { parallel_tool_calls: false }),
    ...search,
  };
}

function buildTool({ name, description, schema, isStrict }: ToolDefinition): JsonObject {
  const described = {
    name,
    ...(description !== null && { description }),
    ...(schema !== null && { parameters: schema }),
    ...(isStrict === true && { strict: true }),
  };
  return { type: 'function', function: described };
}

function buildToolChoice({ mode, names }: ToolChoice): unknown {
  const word = mode === 'any' ? 'required' : mode;
  if (names === null || mode === 'none') return word;
  if (mode === 'any' && names.length === 1) return buildFunctionName(names[0] ?? '');
  return { type: 'allowed_tools', allowed_tools: { mode: word, tools: names.map(buildFunctionName) } };
}

function buildFunctionName(name: string): JsonObject {
  return { type: 'function', function: { name } };
}
