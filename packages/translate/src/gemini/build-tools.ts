import type { ConversationRequest, ToolDefinition } from '../conversation/conversation-request.ts';
import { fitToolName } from '../conversation/fit-tool-name.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { GEMINI_NAMES } from './gemini-models.ts';
import { cleanToolSchema } from './schema/clean-schema.ts';

/** `tools` and `toolConfig`, where there are any. */
export function buildToolFields(request: ConversationRequest, scope: RequestScope): JsonObject {
  const { toolChoice, hasWebSearch } = request;
  const offered = selectOffered(request);
  if (offered.length === 0) return hasWebSearch ? { tools: [{ googleSearch: {} }] } : {};
  // Google's search beside functions is refused by most models.
  if (hasWebSearch) scope.findings.drop('web-search');
  return {
    tools: [{ functionDeclarations: offered.map((tool) => buildDeclaration(tool, scope)) }],
    ...(toolChoice !== null && { toolConfig: { functionCallingConfig: buildCalling(request, scope) } }),
  };
}

/** Names go with a demand only; where the model may choose, it is offered what it may choose from. */
function selectOffered({ tools, toolChoice }: ConversationRequest): ToolDefinition[] {
  const names = toolChoice?.mode === 'auto' ? toolChoice.names : null;
  return names === null ? tools : tools.filter(({ name }) => names.includes(name));
}

function buildDeclaration({ name, description, schema }: ToolDefinition, scope: RequestScope): JsonObject {
  const cleaned = schema && cleanToolSchema(schema, scope.isCodeAssist ? 'openapi' : 'json-schema');
  return {
    name: fitToolName(name, GEMINI_NAMES, scope.context),
    ...(description !== null && description !== '' && { description }),
    ...(cleaned !== null && { [scope.isCodeAssist ? 'parameters' : 'parametersJsonSchema']: cleaned }),
  };
}

function buildCalling({ toolChoice }: ConversationRequest, { context }: RequestScope): JsonObject {
  const names = toolChoice?.mode === 'any' ? toolChoice.names : null;
  return {
    mode: (toolChoice?.mode ?? 'auto').toUpperCase(),
    ...(names !== null && {
      allowedFunctionNames: names.map((name) => fitToolName(name, GEMINI_NAMES, context)),
    }),
  };
}
