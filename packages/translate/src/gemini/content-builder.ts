import type {
  AssistantBlock,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  ToolResultBlock,
  UserBlock,
} from '../conversation/blocks.ts';
import { buildDocumentText } from '../conversation/build-document-text.ts';
import { parseArguments } from '../conversation/build-arguments.ts';
import type { Turn } from '../conversation/conversation-request.ts';
import { fitToolName } from '../conversation/fit-tool-name.ts';
import { EMPTY_TEXT, joinText, joinTurns } from '../conversation/join-turns.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { GEMINI_NAMES, isNewGemini } from './gemini-models.ts';

/**
 * Gemini 3 wants its own signature back with the first call of each step; of calls that another model made it is
 * told so by this word. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const FOREIGN_SIGNATURE = 'skip_thought_signature_validator';

/** Builds `contents`: user first, in alternation, responses right behind their calls and in the same order. */
export class ContentBuilder {
  readonly #scope: RequestScope;
  readonly #isNew: boolean;
  /** Id of each call of the model's last turn → its place among them. */
  readonly #openCalls = new Map<string, number>();

  constructor(scope: RequestScope) {
    this.#scope = scope;
    this.#isNew = isNewGemini(scope.upstreamModel);
  }

  build(turns: readonly Turn[]): JsonObject[] {
    const contents: JsonObject[] = [];
    for (const turn of joinTurns(turns)) {
      if (turn.role === 'assistant') contents.push(buildContent('model', this.#buildModelParts(turn.blocks)));
      else contents.push(...this.#buildUser(turn.blocks));
    }
    return contents[0]?.['role'] === 'user' ? contents : [buildContent('user', []), ...contents];
  }

  /** Responses are a content of their own: their number is held against that of the calls. */
  #buildUser(blocks: readonly UserBlock[]): JsonObject[] {
    const results = blocks.filter((block) => block.type === 'tool-result');
    const ordered = results.toSorted((a, b) => this.#rank(a) - this.#rank(b));
    const responses = ordered.map((result) => this.#buildResponse(result));
    const parts = [
      ...(this.#isNew ? [] : ordered.flatMap((result) => buildResultMedia(result))),
      ...blocks.flatMap((block) => (block.type === 'tool-result' ? [] : buildPart(block))),
    ];
    this.#openCalls.clear();
    if (responses.length === 0) return [buildContent('user', parts)];
    const content = buildContent('user', responses);
    return parts.length === 0 ? [content] : [content, buildContent('user', parts)];
  }

  #rank({ callId }: ToolResultBlock): number {
    return this.#openCalls.get(callId) ?? this.#openCalls.size;
  }

  #buildResponse(result: ToolResultBlock): JsonObject {
    const texts = listTexts(result);
    const media = this.#isNew ? listMedia(result) : [];
    return {
      functionResponse: {
        id: result.callId,
        name: fitToolName(result.name, GEMINI_NAMES, this.#scope.context),
        response: { [result.isError ? 'error' : 'output']: joinText(texts) },
        ...(media.length > 0 && { parts: media.flatMap(buildPart) }),
      },
    };
  }

  #buildModelParts(blocks: readonly AssistantBlock[]): JsonObject[] {
    const parts: JsonObject[] = [];
    this.#openCalls.clear();
    for (const block of blocks) {
      if (block.type === 'tool-call') parts.push(this.#buildCall(block));
      else if (block.type !== 'thinking' && block.text !== '') parts.push({ text: block.text });
    }
    return parts;
  }

  #buildCall({ id, name, arguments: json }: Extract<AssistantBlock, { type: 'tool-call' }>): JsonObject {
    const isFirst = this.#openCalls.size === 0;
    this.#openCalls.set(id, this.#openCalls.size);
    return {
      functionCall: {
        id,
        name: fitToolName(name, GEMINI_NAMES, this.#scope.context),
        args: parseArguments(json),
      },
      ...(this.#isNew && isFirst && { thoughtSignature: FOREIGN_SIGNATURE }),
    };
  }
}

function buildContent(role: 'user' | 'model', parts: JsonObject[]): JsonObject {
  return { role, parts: parts.length > 0 ? parts : [{ text: EMPTY_TEXT }] };
}

/** Only bytes are media: a document of plain text is said in words. */
function listTexts({ content }: ToolResultBlock): { text: string }[] {
  return content.flatMap((part) => {
    if (part.type === 'text') return [part];
    const { source } = part;
    return source.kind === 'text'
      ? [{ text: buildDocumentText(source.text, part.type === 'document' ? part.name : null) }]
      : [];
  });
}

function listMedia({ content }: ToolResultBlock): (ImageBlock | DocumentBlock)[] {
  return content.filter((part) => part.type !== 'text').filter(({ source }) => source.kind !== 'text');
}

/** What an older model's function response cannot hold follows in the user's own words. */
function buildResultMedia(result: ToolResultBlock): JsonObject[] {
  const media = listMedia(result).flatMap(buildPart);
  return media.length === 0 ? [] : [{ text: `(result of function call ${result.callId})` }, ...media];
}

function buildPart(block: Exclude<UserBlock, ToolResultBlock>): JsonObject[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [{ text: block.text }];
    case 'image':
      return buildData(block.source);
    case 'document':
      return block.source.kind === 'text'
        ? [{ text: buildDocumentText(block.source.text, block.name) }]
        : buildData(block.source);
    case 'audio':
      return buildData({ kind: 'base64', mediaType: block.mediaType, data: block.data });
  }
}

/** Addresses are refused by the policy before they get here. */
function buildData(source: MediaSource): JsonObject[] {
  if (source.kind === 'url') return [];
  return [{ inlineData: { mimeType: source.mediaType, data: source.data } }];
}
