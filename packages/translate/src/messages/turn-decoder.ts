import { buildArguments } from '../conversation/build-arguments.ts';
import type { AssistantBlock, TextBlock, ToolResultBlock, UserBlock } from '../conversation/blocks.ts';
import type { Turn } from '../conversation/conversation-request.ts';
import { ToolCallIds } from '../conversation/tool-call-ids.ts';
import { Fields } from '../json/fields.ts';
import type { JsonObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';
import { decodeDocument, decodeImage } from './decode-media.ts';
import { decodeSearchResult } from './decode-search-result.ts';
import { isServerToolBlock } from './server-tool-blocks.ts';

type Decoder<Block> = (fields: Fields, path: string) => Block | null;

/** Reads `messages`: turns with their blocks, tool results paired with their calls. One for each request. */
export class TurnDecoder {
  readonly #findings: Findings;
  readonly #calls = new ToolCallIds();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  decode(body: Fields): Turn[] {
    if (!body.has('messages')) this.#findings.refuse('messages', 'messages: a list is required');
    return body.objects('messages').map(({ object, path }) => this.#decodeTurn(object, path));
  }

  #decodeTurn(message: JsonObject, path: string): Turn {
    switch (message['role']) {
      case 'user':
        return { role: 'user', blocks: this.#decodeBlocks(message, path, this.#decodeUserBlock) };
      case 'assistant':
        return { role: 'assistant', blocks: this.#decodeBlocks(message, path, this.#decodeAssistantBlock) };
      case 'system':
        this.#findings.carries('mid-conversation-system', path);
        return { role: 'system', blocks: this.#decodeBlocks(message, path, this.#decodeSystemBlock) };
      default:
        this.#findings.refuse(`${path}.role`, `${path}.role: must be user, assistant or system`);
        return { role: 'user', blocks: [] };
    }
  }

  #decodeBlocks<Block>(message: JsonObject, path: string, decode: Decoder<Block>): (Block | TextBlock)[] {
    const { content } = message;
    if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
    const fields = new Fields(message, path, this.#findings);
    if (!fields.has('content')) this.#findings.refuse(`${path}.content`, `${path}.content: is required`);
    const blocks: (Block | TextBlock)[] = [];
    for (const { object, path: at } of fields.objects('content')) {
      if (object['cache_control']) this.#findings.carries('cache-marks', `${at}.cache_control`);
      const block = decode.call(this, new Fields(object, at, this.#findings), at);
      if (block !== null) blocks.push(block);
    }
    return blocks;
  }

  #decodeUserBlock(fields: Fields, path: string): UserBlock | null {
    switch (fields.raw('type')) {
      case 'text':
        return this.#decodeText(fields, path);
      case 'image':
        return decodeImage(fields, path, this.#findings);
      case 'document':
        return decodeDocument(fields, path, this.#findings);
      case 'search_result':
        return decodeSearchResult(fields, path, this.#findings);
      case 'tool_result':
        return this.#decodeToolResult(fields, path);
      default:
        return this.#leaveOut(fields, path);
    }
  }

  #decodeAssistantBlock(fields: Fields, path: string): AssistantBlock | null {
    switch (fields.raw('type')) {
      case 'text':
        return this.#decodeText(fields, path);
      case 'tool_use':
        return this.#decodeToolCall(fields);
      case 'thinking':
      case 'redacted_thinking':
        this.#findings.carries('thinking-history', path);
        return null;
      default:
        return this.#leaveOut(fields, path);
    }
  }

  #decodeSystemBlock(fields: Fields, path: string): TextBlock | null {
    return fields.raw('type') === 'text' ? this.#decodeText(fields, path) : this.#leaveOut(fields, path);
  }

  #decodeText(fields: Fields, path: string): TextBlock | null {
    const text = fields.requiredText('text');
    if (fields.list('citations').length > 0)
      this.#findings.carries('document-citations', `${path}.citations`);
    return text === '' ? null : { type: 'text', text };
  }

  #decodeToolCall(fields: Fields): AssistantBlock {
    const name = fields.requiredText('name');
    const id = this.#calls.add(fields.requiredText('id'), name);
    // What was parsed exactly is written exactly.
    return {
      type: 'tool-call',
      id,
      name,
      arguments: buildArguments(JSON.stringify(fields.object('input') ?? {})),
    };
  }

  #decodeToolResult(fields: Fields, path: string): ToolResultBlock | null {
    const call = this.#calls.answer(fields.requiredText('tool_use_id'));
    if (call === null) {
      const param = `${path}.tool_use_id`;
      this.#findings.refuse(param, `${param}: no tool_use of this id waits for a result`);
      return null;
    }
    const isError = fields.flag('is_error') === true;
    return {
      type: 'tool-result',
      callId: call.id,
      name: call.name,
      content: this.#decodeResultContent(fields),
      isError: isError && this.#findings.carries('tool-result-error', `${path}.is_error`),
    };
  }

  #decodeResultContent(fields: Fields): ToolResultBlock['content'] {
    const content = fields.raw('content');
    if (content === null || content === '') return [];
    if (typeof content === 'string') return [{ type: 'text', text: content }];
    return fields.objects('content').flatMap(({ object, path: at }) => {
      const part = this.#decodeResultPart(new Fields(object, at, this.#findings), at);
      return part === null ? [] : [part];
    });
  }

  #decodeResultPart(fields: Fields, path: string): ToolResultBlock['content'][number] | null {
    switch (fields.raw('type')) {
      case 'text':
        return this.#decodeText(fields, path);
      case 'image':
        this.#findings.carries('tool-result-image', path);
        return decodeImage(fields, path, this.#findings);
      case 'document':
        return decodeDocument(fields, path, this.#findings);
      case 'search_result':
        return decodeSearchResult(fields, path, this.#findings);
      default:
        return this.#leaveOut(fields, path);
    }
  }

  #leaveOut(fields: Fields, path: string): null {
    const type = fields.raw('type');
    const feature = isServerToolBlock(type) ? 'server-tool-history' : 'unknown-block';
    this.#findings.carries(feature, path);
    return null;
  }
}
