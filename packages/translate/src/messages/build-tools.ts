import type { ConversationRequest, ToolDefinition } from '../conversation/conversation-request.ts';
import { fitToolName, type ToolNameRule } from '../conversation/fit-tool-name.ts';
import { joinRootChoices } from '../conversation/function-schema.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';

/** https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use */
export const MESSAGES_NAMES: ToolNameRule = {
  legal: /^[a-zA-Z0-9_-]{1,128}$/u,
  illegal: /[^a-zA-Z0-9_-]/gu,
  charsMax: 128,
};

const WEB_SEARCH = { type: 'web_search_20250305', name: 'web_search' };

/** `tools`, where there are any. Of a choice among some tools only these are offered: Anthropic has no such list. */
export function buildTools(
  { tools, toolChoice, hasWebSearch }: ConversationRequest,
  scope: RequestScope,
): JsonObject {
  const names = isOneForced(toolChoice) ? null : (toolChoice?.names ?? null);
  const offered = names === null ? tools : tools.filter(({ name }) => names.includes(name));
  const list = [...offered.map((tool) => buildTool(tool, scope)), ...(hasWebSearch ? [WEB_SEARCH] : [])];
  return list.length > 0 ? { tools: list } : {};
}

function buildTool(
  { name, description, schema, isStrict }: ToolDefinition,
  { context }: RequestScope,
): JsonObject {
  return {
    name: fitToolName(name, MESSAGES_NAMES, context),
    ...(description !== null && { description }),
    // Every schema of Anthropic's is one of an object.
    input_schema: { ...(schema === null ? { properties: {} } : joinRootChoices(schema)), type: 'object' },
    ...(isStrict === true && { strict: true }),
  };
}

/** `tool_choice`, only beside tools: alone it is refused. */
export function buildToolChoice(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { tools, hasWebSearch, toolChoice, allowsParallelCalls } = request;
  if (tools.length === 0 && !hasWebSearch) return {};
  if (toolChoice === null && allowsParallelCalls !== false) return {};
  const mode = buildMode(toolChoice, scope);
  const isSerial = allowsParallelCalls === false && mode['type'] !== 'none';
  return { tool_choice: { ...mode, ...(isSerial && { disable_parallel_tool_use: true }) } };
}

function isOneForced(toolChoice: ConversationRequest['toolChoice']): boolean {
  return toolChoice?.mode === 'any' && toolChoice.names?.length === 1;
}

function buildMode(toolChoice: ConversationRequest['toolChoice'], { context }: RequestScope): JsonObject {
  const name = toolChoice?.names?.[0] ?? '';
  if (isOneForced(toolChoice)) return { type: 'tool', name: fitToolName(name, MESSAGES_NAMES, context) };
  return { type: toolChoice?.mode ?? 'auto' };
}
