import type { AnswerContext } from '../conversation/answer-context.ts';
import { fitOpenAiSchema, takesStrict } from '../conversation/function-schema.ts';
import { fitToolName, OPENAI_NAMES } from '../conversation/fit-tool-name.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type {
  ConversationRequest,
  ToolChoice,
  ToolDefinition,
} from '../conversation/conversation-request.ts';
import type { JsonObject } from '../json/json-object.ts';

/** `tools` and what belongs to them: a choice without tools is refused. */
export function buildChatTools(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { context } = scope;
  const { tools, toolChoice, allowsParallelCalls, hasWebSearch } = request;
  const search = hasWebSearch ? { web_search_options: {} } : {};
  if (tools.length === 0) return search;
  return {
    tools: tools.map((tool) => buildTool(tool, scope)),
    ...(toolChoice !== null && { tool_choice: buildToolChoice(toolChoice, context) }),
    ...(allowsParallelCalls === false && { parallel_tool_calls: false }),
    ...search,
  };
}

function buildTool(
  { name, description, schema, isStrict }: ToolDefinition,
  { context, findings }: RequestScope,
): JsonObject {
  const isTaken = isStrict === true && takesStrict(schema, findings);
  const described = {
    name: fitToolName(name, OPENAI_NAMES, context),
    ...(description !== null && { description }),
    ...(schema !== null && { parameters: fitOpenAiSchema(schema) }),
    ...(isTaken && { strict: true }),
  };
  return { type: 'function', function: described };
}

function buildToolChoice({ mode, names }: ToolChoice, context: AnswerContext): unknown {
  const word = mode === 'any' ? 'required' : mode;
  if (names === null || mode === 'none') return word;
  if (mode === 'any' && names.length === 1) return buildFunctionName(names[0] ?? '', context);
  return {
    type: 'allowed_tools',
    allowed_tools: { mode: word, tools: names.map((name) => buildFunctionName(name, context)) },
  };
}

function buildFunctionName(name: string, context: AnswerContext): JsonObject {
  return { type: 'function', function: { name: fitToolName(name, OPENAI_NAMES, context) } };
}
