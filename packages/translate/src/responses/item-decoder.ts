import type { AssistantBlock, TextBlock, ToolResultBlock, UserBlock } from '../conversation/blocks.ts';
import { buildArguments } from '../conversation/build-arguments.ts';
import type { ConversationRequest, Turn } from '../conversation/conversation-request.ts';
import { ToolCallIds } from '../conversation/tool-call-ids.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import { decodeContent } from './decode-content.ts';
import { buildCustomArguments } from './custom-input.ts';
import type { ToolsDecoder } from './decode-tools.ts';
import { isServerItem } from './server-items.ts';

/** Reads `instructions` and `input`: items become turns, results are paired with their calls. One for each request. */
export class ItemDecoder {
  readonly #findings: Findings;
  readonly #tools: ToolsDecoder;
  readonly #calls = new ToolCallIds();
  /** By the client's id of their call. */
  readonly #customResults = new Map<unknown, ToolResultBlock>();
  readonly #system: TextBlock[] = [];
  readonly #turns: Turn[] = [];

  constructor(findings: Findings, tools: ToolsDecoder) {
    this.#findings = findings;
    this.#tools = tools;
  }

  decode(body: Fields): Pick<ConversationRequest, 'system' | 'turns'> {
    const instructions = body.text('instructions');
    if (instructions !== null && instructions !== '') this.#system.push({ type: 'text', text: instructions });
    const input = body.raw('input');
    if (typeof input === 'string') this.#addUser({ type: 'text', text: input });
    else if (input === null) this.#findings.refuse('input', 'input: a string or a list of items is required');
    else this.#decodeItems(body);
    return { system: this.#system, turns: this.#turns };
  }

  #decodeItems(body: Fields): void {
    for (const { object, path } of body.objects('input')) {
      this.#decodeItem(new Fields(object, path, this.#findings), path);
    }
  }

  #decodeItem(item: Fields, path: string): void {
    const type = item.raw('type') ?? 'message';
    switch (type) {
      case 'message':
        return this.#decodeMessage(item, path);
      case 'function_call':
        return this.#addCall(item, buildArguments(item.text('arguments') ?? ''));
      case 'custom_tool_call':
        return this.#addCall(item, buildCustomArguments(item.text('input') ?? ''));
      case 'function_call_output':
      case 'custom_tool_call_output':
        return this.#addResult(item, path);
      case 'reasoning':
        this.#findings.carries('thinking-history', path);
        return;
      case 'additional_tools':
        return this.#tools.add(item, 'tools');
      case 'item_reference':
        this.#findings.carries('stored-state', path);
        return;
      default:
        this.#findings.carries(isServerItem(type) ? 'server-tool-history' : 'unknown-block', path);
    }
  }

  #decodeMessage(item: Fields, path: string): void {
    switch (item.raw('role')) {
      case 'user':
        return this.#addUser(...decodeContent(item, 'content', this.#findings));
      case 'assistant':
        return this.#addAssistant(...this.#decodeAssistantContent(item));
      case 'system':
      case 'developer':
        return this.#addSystem(item, path);
      default:
        this.#findings.refuse(`${path}.role`, `${path}.role: must be user, assistant, system or developer`);
    }
  }

  #decodeAssistantContent(item: Fields): AssistantBlock[] {
    const content = item.raw('content');
    if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
    return item.objects('content').flatMap(({ object, path }): AssistantBlock[] => {
      const part = new Fields(object, path, this.#findings);
      switch (part.raw('type')) {
        case 'output_text':
        case 'input_text':
        case 'text': {
          const text = part.requiredText('text');
          return text === '' ? [] : [{ type: 'text', text }];
        }
        case 'refusal':
          this.#findings.carries('refusal', path);
          return [{ type: 'refusal', text: part.requiredText('refusal') }];
        default:
          this.#findings.carries('unknown-block', path);
          return [];
      }
    });
  }

  /** What stands before the first word of the conversation is the system's text, all later where it stands. */
  #addSystem(item: Fields, path: string): void {
    const content = decodeContent(item, 'content', this.#findings);
    const blocks = content.filter((block) => block.type === 'text');
    if (blocks.length < content.length) this.#findings.carries('unknown-block', path);
    if (this.#turns.length === 0) {
      this.#system.push(...blocks);
      return;
    }
    this.#findings.carries('mid-conversation-system', path);
    if (blocks.length > 0) this.#turns.push({ role: 'system', blocks });
  }

  #addCall(item: Fields, text: string): void {
    const name = this.#tools.selectName(item);
    const id = this.#calls.add(item.requiredText('call_id'), name);
    this.#addAssistant({ type: 'tool-call', id, name, arguments: text });
  }

  #addResult(item: Fields, path: string): void {
    const id = item.requiredText('call_id');
    const content = decodeContent(item, 'output', this.#findings);
    if (content.some(({ type }) => type === 'image')) this.#findings.carries('tool-result-image', path);
    const call = this.#calls.answer(id);
    if (call !== null) this.#addFirstResult(item, { callId: call.id, name: call.name, content });
    else if (!this.#continueResult(item, content)) {
      const param = `${path}.call_id`;
      this.#findings.refuse(param, `${param}: no call of this id waits for a result`);
    }
  }

  #addFirstResult(item: Fields, facts: Omit<ToolResultBlock, 'type' | 'isError'>): void {
    const result: ToolResultBlock = { type: 'tool-result', ...facts, isError: false };
    if (item.raw('type') === 'custom_tool_call_output') this.#customResults.set(item.raw('call_id'), result);
    this.#addUser(result);
  }

  /** Codex's programs tell more after their first result (`notify`); in other protocols a call has one result. */
  #continueResult(item: Fields, content: ToolResultBlock['content']): boolean {
    const earlier = this.#customResults.get(item.raw('call_id'));
    if (earlier === undefined || item.raw('type') !== 'custom_tool_call_output') return false;
    earlier.content.push(...content);
    return true;
  }

  #addUser(...blocks: UserBlock[]): void {
    const last = this.#turns.at(-1);
    if (last?.role === 'user') last.blocks.push(...blocks);
    else this.#turns.push({ role: 'user', blocks });
  }

  #addAssistant(...blocks: AssistantBlock[]): void {
    const last = this.#turns.at(-1);
    if (last?.role === 'assistant') last.blocks.push(...blocks);
    else this.#turns.push({ role: 'assistant', blocks });
  }
}
