import type { ToolChoice, ToolDefinition } from '../conversation/conversation-request.ts';
import { Fields } from '../json/fields.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';

/** `tools`: functions; tools with free text are refused. */
export function decodeTools(body: Fields, findings: Findings): ToolDefinition[] {
  return body.objects('tools').flatMap(({ object, path }) => {
    const tool = new Fields(object, path, findings);
    const type = tool.text('type') ?? 'function';
    if (type !== 'function') {
      // Vendors like OpenRouter bring tools of their own.
      findings.carries(type === 'custom' ? 'chat-custom-tool' : 'server-tool', path);
      return [];
    }
    return [
      decodeFunction(new Fields(tool.object('function') ?? {}, `${path}.function`, findings), findings),
    ];
  });
}

function decodeFunction(described: Fields, findings: Findings): ToolDefinition {
  const isStrict = described.flag('strict') === true;
  return {
    name: described.requiredText('name'),
    description: described.text('description'),
    schema: described.object('parameters'),
    isStrict: isStrict && findings.carries('tool-strict', described.param('strict')) ? true : null,
  };
}

const MODES: Readonly<Record<string, ToolChoice['mode']>> = { none: 'none', auto: 'auto', required: 'any' };

/** `tool_choice`: a word, one function, or a list of allowed ones. */
export function decodeToolChoice(body: Fields, findings: Findings): ToolChoice | null {
  const choice = body.raw('tool_choice');
  if (choice === null) return null;
  if (typeof choice === 'string' && MODES[choice] !== undefined) return { mode: MODES[choice], names: null };
  const decoded = isObject(choice) ? decodeNamed(choice, findings) : null;
  if (decoded === null)
    findings.refuse('tool_choice', 'tool_choice: must be none, auto, required or a function');
  return decoded;
}

function decodeNamed(choice: JsonObject, findings: Findings): ToolChoice | null {
  if (choice['type'] === 'function') {
    const name = readFunctionName(choice);
    return name === null ? null : { mode: 'any', names: [name] };
  }
  const allowed = choice['allowed_tools'];
  if (choice['type'] !== 'allowed_tools' || !isObject(allowed)) return null;
  const names = listObjects(allowed['tools']).flatMap((tool) => readFunctionName(tool) ?? []);
  findings.carries('tool-choice-list', 'tool_choice.allowed_tools');
  return { mode: allowed['mode'] === 'required' ? 'any' : 'auto', names };
}

function readFunctionName(tool: JsonObject): string | null {
  const described = tool['function'];
  return isObject(described) && typeof described['name'] === 'string' ? described['name'] : null;
}
