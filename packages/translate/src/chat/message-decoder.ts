import { buildArguments } from '../conversation/build-arguments.ts';
import type { AssistantBlock, TextBlock, UserBlock } from '../conversation/blocks.ts';
import type { ConversationRequest, Turn } from '../conversation/conversation-request.ts';
import { ToolCallIds } from '../conversation/tool-call-ids.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import { decodeUserPart } from './decode-user-part.ts';

/** Reads `messages`: what stands before the first turn is the system text. One for each request. */
export class MessageDecoder {
  readonly #findings: Findings;
  readonly #calls = new ToolCallIds();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  decode(body: Fields): Pick<ConversationRequest, 'system' | 'turns'> {
    if (!body.has('messages')) this.#findings.refuse('messages', 'messages: a list is required');
    const system: TextBlock[] = [];
    const turns: Turn[] = [];
    for (const { object, path } of body.objects('messages')) {
      const turn = this.#decodeTurn(new Fields(object, path, this.#findings), path);
      if (turn.role !== 'system') turns.push(turn);
      else if (turns.length === 0) system.push(...turn.blocks);
      else if (this.#findings.carries('mid-conversation-system', path)) turns.push(turn);
    }
    return { system, turns };
  }

  #decodeTurn(message: Fields, path: string): Turn {
    if (message.has('name') && message.raw('role') !== 'function') this.#findings.drop('name');
    switch (message.raw('role')) {
      case 'system':
      case 'developer':
        return { role: 'system', blocks: this.#decodeTexts(message) };
      case 'user':
        return { role: 'user', blocks: this.#decodeUser(message) };
      case 'assistant':
        return { role: 'assistant', blocks: this.#decodeAssistant(message, path) };
      case 'tool':
        return { role: 'user', blocks: this.#decodeResult(message, path) };
      case 'function':
        this.#findings.carries('legacy-functions', `${path}.role`);
        return { role: 'user', blocks: [] };
      default:
        this.#findings.refuse(
          `${path}.role`,
          `${path}.role: must be system, developer, user, assistant or tool`,
        );
        return { role: 'user', blocks: [] };
    }
  }

  #decodeUser(message: Fields): UserBlock[] {
    const content = message.raw('content');
    if (typeof content === 'string') return buildTextBlocks(content);
    return message.objects('content').flatMap(({ object, path }) => {
      const block = decodeUserPart(new Fields(object, path, this.#findings), path, this.#findings);
      return block === null ? [] : [block];
    });
  }

  #decodeTexts(message: Fields): TextBlock[] {
    const content = message.raw('content');
    if (typeof content === 'string') return buildTextBlocks(content);
    return message.objects('content').flatMap(({ object, path }) => {
      if (object['type'] !== 'text') {
        this.#findings.carries('unknown-block', path);
        return [];
      }
      return buildTextBlocks(new Fields(object, path, this.#findings).requiredText('text'));
    });
  }

  #decodeAssistant(message: Fields, path: string): AssistantBlock[] {
    if (message.has('reasoning_content') || message.has('reasoning')) {
      this.#findings.carries('thinking-history', `${path}.reasoning_content`);
    }
    if (message.has('function_call')) this.#findings.carries('legacy-functions', `${path}.function_call`);
    if (message.has('audio')) this.#findings.carries('file-id', `${path}.audio`);
    const refusal = message.text('refusal');
    return [
      ...this.#decodeAssistantContent(message),
      ...(refusal === null || refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
      ...this.#decodeCalls(message),
    ];
  }

  #decodeAssistantContent(message: Fields): AssistantBlock[] {
    const content = message.raw('content');
    if (typeof content === 'string') return buildTextBlocks(content);
    return message.objects('content').flatMap(({ object, path }): AssistantBlock[] => {
      const part = new Fields(object, path, this.#findings);
      if (object['type'] === 'text') return buildTextBlocks(part.requiredText('text'));
      if (object['type'] === 'refusal') return [{ type: 'refusal', text: part.requiredText('refusal') }];
      this.#findings.carries(object['type'] === 'thinking' ? 'thinking-history' : 'unknown-block', path);
      return [];
    });
  }

  #decodeCalls(message: Fields): AssistantBlock[] {
    return message.objects('tool_calls').flatMap(({ object, path }): AssistantBlock[] => {
      const call = new Fields(object, path, this.#findings);
      if (call.text('type') === 'custom') {
        this.#findings.carries('chat-custom-tool', path);
        return [];
      }
      const described = new Fields(call.object('function') ?? {}, `${path}.function`, this.#findings);
      const name = described.requiredText('name');
      const id = this.#calls.add(call.text('id'), name);
      return [{ type: 'tool-call', id, name, arguments: buildArguments(described.text('arguments') ?? '') }];
    });
  }

  #decodeResult(message: Fields, path: string): UserBlock[] {
    const call = this.#calls.answer(message.requiredText('tool_call_id'));
    if (call === null) {
      const param = `${path}.tool_call_id`;
      this.#findings.refuse(param, `${param}: no tool call of this id waits for a result`);
      return [];
    }
    const content = this.#decodeTexts(message);
    return [{ type: 'tool-result', callId: call.id, name: call.name, content, isError: false }];
  }
}

function buildTextBlocks(text: string): TextBlock[] {
  return text === '' ? [] : [{ type: 'text', text }];
}
