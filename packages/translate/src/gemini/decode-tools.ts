import type {
  ConversationRequest,
  ToolChoice,
  ToolDefinition,
} from '../conversation/conversation-request.ts';
import type { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import { camelKeys, readCamel, readCamelField } from './camel-keys.ts';
import { convertOpenApiSchema } from './schema/convert-openapi-schema.ts';

/** `tools`: declarations of functions, and Google's own tools, of which only the search has a like elsewhere. */
export function decodeTools(
  body: Fields,
  findings: Findings,
): Pick<ConversationRequest, 'tools' | 'hasWebSearch'> {
  const tools: ToolDefinition[] = [];
  let hasWebSearch = false;
  for (const { object, path } of body.objects('tools')) {
    const tool = readCamel(object, path, findings);
    for (const key of Object.keys(camelKeys(object)).filter((name) => tool.has(name))) {
      if (key === 'functionDeclarations') tools.push(...decodeDeclarations(tool, findings));
      else if (!key.startsWith('googleSearch')) findings.carries('server-tool', `${path}.${key}`);
      else hasWebSearch ||= findings.carries('web-search', `${path}.${key}`);
    }
  }
  return { tools, hasWebSearch };
}

function decodeDeclarations(tool: Fields, findings: Findings): ToolDefinition[] {
  return tool.objects('functionDeclarations').map(({ object, path }) => {
    const declared = readCamel(object, path, findings);
    const dialect = declared.object('parameters');
    return {
      name: declared.requiredText('name'),
      description: declared.text('description'),
      schema: declared.object('parametersJsonSchema') ?? (dialect && convertOpenApiSchema(dialect)),
      isStrict: null,
    };
  });
}

/** `toolConfig.functionCallingConfig`. */
export function decodeToolChoice(body: Fields, findings: Findings): ToolChoice | null {
  const config = readCamelField(body, 'toolConfig', findings);
  const calling = config && readCamelField(config, 'functionCallingConfig', findings);
  if (calling === null) return null;
  const allowed = calling.texts('allowedFunctionNames');
  const names = allowed.length > 0 ? allowed : null;
  if (allowed.length > 1) findings.carries('tool-choice-list', calling.param('allowedFunctionNames'));
  switch (calling.text('mode')?.toUpperCase() ?? '') {
    case 'ANY':
      return { mode: 'any', names };
    case 'NONE':
      return { mode: 'none', names: null };
    case 'AUTO':
    case 'VALIDATED':
      return { mode: 'auto', names };
    default:
      return null;
  }
}
