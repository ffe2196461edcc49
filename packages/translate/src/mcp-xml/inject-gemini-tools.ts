import type { ToolChoice } from '../conversation/conversation-request.ts';
import { getCamel, setCamel } from '../gemini/camel-keys.ts';
import { convertOpenApiSchema } from '../gemini/schema/convert-openapi-schema.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import type { DescribedTool } from './build-instruction.ts';
import { isXmlTool } from './xml-names.ts';

const DECLARATIONS = 'functionDeclarations';
const CALLING = 'functionCallingConfig';
const ALLOWED = 'allowedFunctionNames';

/** The MCP tools among the declarations of a generateContent body. */
export function listDeclaredXmlTools(body: JsonObject): DescribedTool[] {
  return listObjects(getCamel(body, 'tools'))
    .flatMap((tool) => listObjects(getCamel(tool, DECLARATIONS)))
    .filter((declared) => isXmlTool(readName(declared)))
    .map(describe);
}

/** As the choice of tools stands in `toolConfig`; null = nothing is said. */
export function readCalling(body: JsonObject): ToolChoice | null {
  const calling = readCallingConfig(body);
  const allowed = getCamel(calling, ALLOWED);
  const listed = Array.isArray(allowed) ? allowed.filter((name) => typeof name === 'string') : [];
  const names = listed.length > 0 ? listed : null;
  switch (String(getCamel(calling, 'mode') ?? '').toUpperCase()) {
    case 'ANY':
      return { mode: 'any', names };
    case 'NONE':
      return { mode: 'none', names: null };
    default:
      return names === null ? null : { mode: 'auto', names };
  }
}

/** The body without declarations of MCP tools, and with what `choice` leaves for the other functions. */
export function withoutXmlTools(body: JsonObject, choice: ToolChoice | null): JsonObject {
  const allowed = choice?.mode === 'auto' ? choice.names : null;
  const stays = (name: string): boolean => !isXmlTool(name) && (allowed === null || allowed.includes(name));
  const tools = listObjects(getCamel(body, 'tools')).flatMap((tool) => filterTool(tool, stays));
  const bare = setCamel(body, 'tools', tools.length > 0 ? tools : undefined);
  const hasFunctions = tools.some((tool) => listObjects(getCamel(tool, DECLARATIONS)).length > 0);
  return withCalling(bare, hasFunctions ? choice : null, hasFunctions);
}

function filterTool(tool: JsonObject, stays: (name: string) => boolean): JsonObject[] {
  const declared = getCamel(tool, DECLARATIONS);
  if (declared === undefined) return [tool];
  const kept = listObjects(declared).filter((each) => stays(readName(each)));
  const rest = setCamel(tool, DECLARATIONS, kept.length > 0 ? kept : undefined);
  return Object.keys(rest).length > 0 ? [rest] : [];
}

/** Google refuses a choice of functions where there are none. What else stands in `toolConfig` stays. */
function withCalling(body: JsonObject, choice: ToolChoice | null, hasFunctions: boolean): JsonObject {
  const config = getCamel(body, 'toolConfig');
  if (!isObject(config)) return body;
  const calling = hasFunctions ? buildCalling(readCallingConfig(body), choice) : undefined;
  const changed = setCamel(config, CALLING, calling);
  return setCamel(body, 'toolConfig', Object.keys(changed).length > 0 ? changed : undefined);
}

function buildCalling(calling: JsonObject, choice: ToolChoice | null): JsonObject | undefined {
  if (choice === null) return Object.keys(calling).length > 0 ? calling : undefined;
  const names = choice.mode === 'any' && choice.names !== null ? choice.names : undefined;
  const isValidated = getCamel(calling, 'mode') === 'VALIDATED' && choice.mode === 'auto';
  const mode = isValidated ? 'VALIDATED' : choice.mode.toUpperCase();
  return setCamel(setCamel(calling, 'mode', mode), ALLOWED, names);
}

function readCallingConfig(body: JsonObject): JsonObject {
  const config = getCamel(body, 'toolConfig');
  const calling = isObject(config) ? getCamel(config, CALLING) : undefined;
  return isObject(calling) ? calling : {};
}

function readName(declared: JsonObject): string {
  return typeof declared['name'] === 'string' ? declared['name'] : '';
}

function describe(declared: JsonObject): DescribedTool {
  const schema = getCamel(declared, 'parametersJsonSchema');
  const dialect = getCamel(declared, 'parameters');
  const { description } = declared;
  return {
    name: readName(declared),
    description: typeof description === 'string' ? description : null,
    schema: isObject(schema) ? schema : isObject(dialect) ? convertOpenApiSchema(dialect) : null,
  };
}
