import type { ConversationRequest, ToolDefinition } from '../conversation/conversation-request.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';

/** `tools`: the client's own, and Anthropic's web search; other tools of the provider are refused. */
export function decodeTools(
  body: Fields,
  findings: Findings,
): Pick<ConversationRequest, 'tools' | 'hasWebSearch'> {
  const tools: ToolDefinition[] = [];
  let hasWebSearch = false;
  for (const { object, path } of body.objects('tools')) {
    const tool = new Fields(object, path, findings);
    const type = tool.text('type') ?? 'custom';
    if (type === 'custom') tools.push(decodeTool(tool, path, findings));
    else if (type.startsWith('tool_search_tool_')) findings.carries('tool-search', path);
    else if (!type.startsWith('web_search_')) findings.carries('server-tool', path);
    else hasWebSearch ||= findings.carries('web-search', path);
  }
  return { tools, hasWebSearch };
}

function decodeTool(tool: Fields, path: string, findings: Findings): ToolDefinition {
  if (tool.has('cache_control')) findings.carries('cache-marks', `${path}.cache_control`);
  const isStrict = tool.flag('strict');
  return {
    name: tool.requiredText('name'),
    description: tool.text('description'),
    schema: tool.object('input_schema'),
    isStrict: isStrict === true && findings.carries('tool-strict', `${path}.strict`) ? true : null,
  };
}

/** `tool_choice` with its `disable_parallel_tool_use`. */
export function decodeToolChoice(
  body: Fields,
  findings: Findings,
): Pick<ConversationRequest, 'toolChoice' | 'allowsParallelCalls'> {
  const choice = body.object('tool_choice');
  if (choice === null) return { toolChoice: null, allowsParallelCalls: null };
  const fields = new Fields(choice, 'tool_choice', findings);
  const isSerial = fields.flag('disable_parallel_tool_use') === true;
  const carriesSerial =
    isSerial && findings.carries('parallel-calls', 'tool_choice.disable_parallel_tool_use');
  return { toolChoice: decodeMode(fields, findings), allowsParallelCalls: carriesSerial ? false : null };
}

function decodeMode(fields: Fields, findings: Findings): ConversationRequest['toolChoice'] {
  switch (fields.raw('type')) {
    case 'auto':
      return { mode: 'auto', names: null };
    case 'any':
      return { mode: 'any', names: null };
    case 'none':
      return { mode: 'none', names: null };
    case 'tool': {
      const name = fields.requiredText('name');
      // Claude Code forces the provider's search; elsewhere it can only be offered.
      return name === 'web_search' ? null : { mode: 'any', names: [name] };
    }
    default:
      findings.refuse('tool_choice.type', 'tool_choice.type: must be auto, any, tool or none');
      return null;
  }
}
