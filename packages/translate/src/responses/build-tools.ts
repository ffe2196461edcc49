import type {
  ConversationRequest,
  ToolChoice,
  ToolDefinition,
} from '../conversation/conversation-request.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import { fitOpenAiSchema, takesStrict } from '../conversation/function-schema.ts';
import type { AnswerContext } from '../conversation/answer-context.ts';
import { fitToolName, OPENAI_NAMES } from '../conversation/fit-tool-name.ts';
import type { JsonObject } from '../json/json-object.ts';

const NO_INPUT = { type: 'object', properties: {}, additionalProperties: false };

/** `tools`, `tool_choice` and `parallel_tool_calls`, where there are tools. */
export function buildToolFields(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { context } = scope;
  const { tools, hasWebSearch, toolChoice, allowsParallelCalls } = request;
  const list = [
    ...tools.map((tool) => buildTool(tool, scope)),
    ...(hasWebSearch ? [{ type: 'web_search' }] : []),
  ];
  if (list.length === 0) return {};
  return {
    tools: list,
    ...(toolChoice !== null && { tool_choice: buildToolChoice(toolChoice, context) }),
    ...(allowsParallelCalls !== null && { parallel_tool_calls: allowsParallelCalls }),
  };
}

/** Not strict unless the client says so: strict schemas have rules of their own. */
function buildTool(
  { name, description, schema, isStrict }: ToolDefinition,
  { context, findings }: RequestScope,
): JsonObject {
  return {
    type: 'function',
    name: fitToolName(name, OPENAI_NAMES, context),
    ...(description !== null && { description }),
    parameters: fitOpenAiSchema(schema ?? NO_INPUT),
    strict: isStrict === true && takesStrict(schema ?? NO_INPUT, findings),
  };
}

function buildToolChoice({ mode, names }: ToolChoice, context: AnswerContext): unknown {
  const word = mode === 'any' ? 'required' : mode;
  const [name, ...others] = (names ?? []).map((wanted) => fitToolName(wanted, OPENAI_NAMES, context));
  if (name === undefined || mode === 'none') return word;
  if (mode === 'any' && others.length === 0) return { type: 'function', name };
  const tools = [name, ...others].map((allowed) => ({ type: 'function', name: allowed }));
  return { type: 'allowed_tools', mode: word, tools };
}
