import type { AssistantBlock, ToolResultBlock, UserBlock } from '../conversation/blocks.ts';
import type { Turn } from '../conversation/conversation-request.ts';
import { ToolCallIds, type CallRef } from '../conversation/tool-call-ids.ts';
import type { Fields } from '../json/fields.ts';
import type { JsonObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';
import { readCamel, readCamelField } from './camel-keys.ts';
import { decodeFileData, decodeInlineData } from './decode-media.ts';
import { readFunctionResult } from './read-function-result.ts';

/** What Google's own tools leave in a conversation. */
const SERVER_PARTS = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'];

/** Reads `contents`: turns with their blocks, function responses paired with their calls. One for each request. */
export class ContentDecoder {
  readonly #findings: Findings;
  readonly #calls = new ToolCallIds();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  decode(body: Fields): Turn[] {
    if (!body.has('contents')) this.#findings.refuse('contents', 'contents: a list is required');
    return body.objects('contents').map(({ object, path }) => this.#decodeContent(object, path));
  }

  #decodeContent(object: JsonObject, path: string): Turn {
    const content = readCamel(object, path, this.#findings);
    const role = content.text('role') ?? 'user';
    const parts = content.objects('parts');
    if (role === 'model') {
      const blocks = parts.flatMap((part) => this.#decodeModelPart(this.#readPart(part), part.path) ?? []);
      return { role: 'assistant', blocks };
    }
    if (role !== 'user' && role !== 'function') {
      this.#findings.refuse(`${path}.role`, `${path}.role: must be user or model`);
    }
    const blocks = parts.flatMap((part) => this.#decodeUserPart(this.#readPart(part), part.path) ?? []);
    return { role: 'user', blocks };
  }

  #readPart({ object, path }: { object: JsonObject; path: string }): Fields {
    return readCamel(object, path, this.#findings);
  }

  #decodeUserPart(part: Fields, path: string): UserBlock | null {
    if (part.has('text')) return this.#decodeText(part);
    if (part.has('inlineData')) return decodeInlineData(part, this.#findings);
    if (part.has('fileData')) return decodeFileData(part, this.#findings);
    if (part.has('functionResponse')) return this.#decodeResponse(part, path);
    return this.#leaveOut(part, path);
  }

  #decodeModelPart(part: Fields, path: string): AssistantBlock | null {
    if (part.has('thoughtSignature') || part.flag('thought') === true) {
      this.#findings.carries('thinking-history', path);
    }
    if (part.flag('thought') === true) return null;
    if (part.has('text')) return this.#decodeText(part);
    if (part.has('functionCall')) return this.#decodeCall(part);
    // A picture that the model made.
    if (part.has('inlineData')) return this.#leaveMediaOut(path);
    return this.#leaveOut(part, path);
  }

  #decodeText(part: Fields): { type: 'text'; text: string } | null {
    const text = part.text('text') ?? '';
    return text === '' ? null : { type: 'text', text };
  }

  #decodeCall(part: Fields): AssistantBlock | null {
    const call = readCamelField(part, 'functionCall', this.#findings);
    if (call === null) return null;
    const name = call.requiredText('name');
    const id = this.#calls.add(call.text('id'), name);
    return { type: 'tool-call', id, name, arguments: JSON.stringify(call.object('args') ?? {}) };
  }

  #decodeResponse(part: Fields, path: string): ToolResultBlock | null {
    const response = readCamelField(part, 'functionResponse', this.#findings);
    if (response === null) return null;
    const call = this.#findCall(response);
    if (call === null) {
      const param = `${path}.functionResponse`;
      this.#findings.refuse(param, `${param}: no functionCall of this id or name waits for a response`);
      return null;
    }
    const { text, isError } = readFunctionResult(response.object('response') ?? {});
    const media = this.#decodeResponseMedia(response);
    return {
      type: 'tool-result',
      callId: call.id,
      name: call.name,
      content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...media],
      isError: isError && this.#findings.carries('tool-result-error', `${path}.functionResponse.response`),
    };
  }

  /**
   * By id; without one, calls of a name are answered in their order. Google's CLI makes ids of its own for responses
   * to calls that came without.
   */
  #findCall(response: Fields): CallRef | null {
    const id = response.text('id');
    const name = response.requiredText('name');
    return id !== null && this.#calls.hasId(id) ? this.#calls.answer(id) : this.#calls.answerNamed(name);
  }

  #decodeResponseMedia(response: Fields): ToolResultBlock['content'] {
    return response.objects('parts').flatMap(({ object, path }) => {
      const part = readCamel(object, path, this.#findings);
      const block = part.has('inlineData') ? decodeInlineData(part, this.#findings) : null;
      if (block?.type === 'image') this.#findings.carries('tool-result-image', path);
      if (block?.type === 'image' || block?.type === 'document') return [block];
      this.#findings.carries('unknown-block', path);
      return [];
    });
  }

  #leaveMediaOut(path: string): null {
    this.#findings.carries('server-tool-history', path);
    return null;
  }

  /** A part that is nothing but a mark says nothing. */
  #leaveOut(part: Fields, path: string): null {
    if (part.has('thoughtSignature')) return null;
    const isServerPart = SERVER_PARTS.some((key) => part.has(key));
    this.#findings.carries(isServerPart ? 'server-tool-history' : 'unknown-block', path);
    return null;
  }
}
