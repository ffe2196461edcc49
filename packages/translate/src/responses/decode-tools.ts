import type {
  ConversationRequest,
  ToolChoice,
  ToolDefinition,
} from '../conversation/conversation-request.ts';
import { Fields } from '../json/fields.ts';
import { isObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';
import { CUSTOM_INPUT } from './custom-input.ts';
import { ToolNames, type NamespacedTool } from './tool-names.ts';

/** Collects the tools of a request, which stand in `tools` and, from Codex, in items of the input. */
export class ToolsDecoder {
  readonly #findings: Findings;
  readonly #names = new ToolNames();
  readonly tools: ToolDefinition[] = [];
  readonly customNames: string[] = [];
  hasWebSearch = false;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Tools that go by another name than the client's. */
  get namespaced(): Readonly<Record<string, NamespacedTool>> {
    return this.#names.namespaced;
  }

  add(fields: Fields, key: string, namespace: string | null = null): void {
    for (const { object, path } of fields.objects(key)) {
      this.#addTool(new Fields(object, path, this.#findings), path, namespace);
    }
  }

  /** The name by which other protocols know the tool of a call. */
  selectName(call: Fields): string {
    return this.#names.select(call.requiredText('name'), call.text('namespace'));
  }

  #addTool(tool: Fields, path: string, namespace: string | null): void {
    const type = tool.text('type') ?? '';
    if (type === 'function') this.#addUnlessKnown(this.#decodeFunction(tool, path, namespace));
    else if (type === 'custom') this.#addCustom(tool, path, namespace);
    else if (type === 'namespace') this.add(tool, 'tools', tool.requiredText('name'));
    // All tools go along, also those that were to be searched for.
    else if (type === 'tool_search') this.#findings.carries('tool-search', path);
    else if (!type.startsWith('web_search')) this.#findings.carries('server-tool', path);
    else this.hasWebSearch ||= this.#findings.carries('web-search', path);
  }

  /** Two tools of one name are refused everywhere. */
  #addUnlessKnown(tool: ToolDefinition): void {
    if (!this.tools.some(({ name }) => name === tool.name)) this.tools.push(tool);
  }

  #decodeFunction(tool: Fields, path: string, namespace: string | null): ToolDefinition {
    const isStrict = tool.flag('strict');
    return {
      name: this.#names.select(tool.requiredText('name'), namespace),
      description: tool.text('description'),
      schema: tool.object('parameters'),
      isStrict: isStrict === true && this.#findings.carries('tool-strict', `${path}.strict`) ? true : null,
    };
  }

  #addCustom(tool: Fields, path: string, namespace: string | null): void {
    if (!this.#findings.carries('custom-tool', path)) return;
    const name = this.#names.select(tool.requiredText('name'), namespace);
    this.customNames.push(name);
    const input = { type: 'string', description: 'The whole input of the tool, as plain text.' };
    this.#addUnlessKnown({
      name,
      description: describeCustom(tool),
      schema: {
        type: 'object',
        properties: { [CUSTOM_INPUT]: input },
        required: [CUSTOM_INPUT],
        additionalProperties: false,
      },
      isStrict: null,
    });
  }
}

/** A grammar cannot be enforced elsewhere; a model that reads it mostly keeps to it. */
function describeCustom(tool: Fields): string {
  const description = tool.text('description') ?? '';
  const format = tool.object('format');
  if (format === null || typeof format['definition'] !== 'string') return description;
  const syntax = typeof format['syntax'] === 'string' ? ` (${format['syntax']})` : '';
  return `${description}\n\nThe input has to follow this grammar${syntax}:\n${format['definition']}`.trim();
}

/** `tool_choice`: a word, a tool, or a list of allowed tools. */
export function decodeToolChoice(body: Fields, findings: Findings): ConversationRequest['toolChoice'] {
  const choice = body.raw('tool_choice');
  if (choice === null) return null;
  if (typeof choice === 'string') return decodeMode(choice, findings);
  if (!isObject(choice)) return refuse(findings);
  const fields = new Fields(choice, 'tool_choice', findings);
  switch (fields.raw('type')) {
    case 'function':
    case 'custom':
      return { mode: 'any', names: [fields.requiredText('name')] };
    case 'allowed_tools':
      return decodeAllowed(fields, findings);
    default:
      findings.carries('server-tool', 'tool_choice');
      return null;
  }
}

function decodeMode(mode: string, findings: Findings): ToolChoice | null {
  if (mode === 'required') return { mode: 'any', names: null };
  return mode === 'auto' || mode === 'none' ? { mode, names: null } : refuse(findings);
}

function decodeAllowed(fields: Fields, findings: Findings): ToolChoice | null {
  if (!findings.carries('tool-choice-list', 'tool_choice')) return null;
  const names = fields
    .objects('tools')
    .map(({ object }) => object['name'])
    .filter((name) => typeof name === 'string');
  return { mode: fields.raw('mode') === 'required' ? 'any' : 'auto', names };
}

function refuse(findings: Findings): null {
  findings.refuse('tool_choice', 'tool_choice: must be auto, required, none, a tool or allowed_tools');
  return null;
}
