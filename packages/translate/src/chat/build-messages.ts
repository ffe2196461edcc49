import type {
  AssistantBlock,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  ToolResultBlock,
  UserBlock,
} from '../conversation/blocks.ts';
import type { AnswerContext } from '../conversation/answer-context.ts';
import { fitToolName, OPENAI_NAMES } from '../conversation/fit-tool-name.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import { buildDocumentText } from '../conversation/build-document-text.ts';
import type { ConversationRequest, Turn } from '../conversation/conversation-request.ts';
import { JSON_INSTRUCTION, needsJsonWord } from '../conversation/json-instruction.ts';
import { EMPTY_TEXT, joinText } from '../conversation/join-turns.ts';
import type { JsonObject } from '../json/json-object.ts';

const AUDIO_FORMATS: Readonly<Record<string, string>> = { 'audio/wav': 'wav', 'audio/mpeg': 'mp3' };

/** `messages`: the system text first, then the turns in their order. */
export function buildChatMessages(request: ConversationRequest, { context }: RequestScope): JsonObject[] {
  const head = joinText(request.system);
  const system = needsJsonWord(request, head) ? `${head}\n\n${JSON_INSTRUCTION}`.trimStart() : head;
  const messages = request.turns.flatMap((turn) => buildTurn(turn, context));
  if (system !== '') return [{ role: 'system', content: system }, ...messages];
  // An empty list is refused.
  return messages.length > 0 ? messages : [{ role: 'user', content: EMPTY_TEXT }];
}

function buildTurn(turn: Turn, context: AnswerContext): JsonObject[] {
  if (turn.blocks.length === 0) return [];
  switch (turn.role) {
    case 'system':
      // Every vendor takes the older name of the role, in any place.
      return [{ role: 'system', content: joinText(turn.blocks) }];
    case 'assistant':
      return buildAssistant(turn.blocks, context);
    case 'user':
      return buildUser(turn.blocks);
  }
}

/** Results stand right behind their calls; what they cannot hold follows in the user's own message. */
function buildUser(blocks: readonly UserBlock[]): JsonObject[] {
  const results = blocks.filter((block) => block.type === 'tool-result');
  const parts = [
    ...results.flatMap(buildResultMedia),
    ...blocks.flatMap((block) => (block.type === 'tool-result' ? [] : [buildPart(block)])),
  ];
  const messages = results.map(buildResult);
  return parts.length === 0 ? messages : [...messages, { role: 'user', content: buildContent(parts) }];
}

/** One text is a string: every vendor takes that. */
function buildContent(parts: JsonObject[]): unknown {
  const [first, ...others] = parts;
  return others.length === 0 && first?.['type'] === 'text' ? first['text'] : parts;
}

function buildResult({ callId, content }: ToolResultBlock): JsonObject {
  const texts = content.map((part) => (part.type === 'text' ? part : { text: buildMediaNote(part) }));
  return { role: 'tool', tool_call_id: callId, content: joinText(texts) };
}

function buildMediaNote(part: ImageBlock | DocumentBlock): string {
  if (part.type === 'document' && part.source.kind === 'text') {
    return buildDocumentText(part.source.text, part.name);
  }
  return `(${part.type}: see the next user message)`;
}

function buildResultMedia({ callId, content }: ToolResultBlock): JsonObject[] {
  const media = content.flatMap((part) => {
    if (part.type === 'text') return [];
    return part.type === 'document' && part.source.kind === 'text' ? [] : [buildPart(part)];
  });
  return media.length === 0 ? [] : [{ type: 'text', text: `(result of tool call ${callId})` }, ...media];
}

function buildPart(block: Exclude<UserBlock, ToolResultBlock>): JsonObject {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
      return buildImage(block);
    case 'document':
      return buildDocument(block);
    case 'audio': {
      const format = AUDIO_FORMATS[block.mediaType] ?? block.mediaType.replace('audio/', '');
      return { type: 'input_audio', input_audio: { data: block.data, format } };
    }
  }
}

function buildImage({ source, detail }: ImageBlock): JsonObject {
  return { type: 'image_url', image_url: { url: buildUrl(source), ...(detail !== null && { detail }) } };
}

/** A file without a name is refused. */
function buildDocument({ source, name }: DocumentBlock): JsonObject {
  if (source.kind === 'text') return { type: 'text', text: buildDocumentText(source.text, name) };
  return { type: 'file', file: { filename: name ?? 'document.pdf', file_data: buildUrl(source) } };
}

function buildUrl(source: MediaSource): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

/** An answer's texts come in pieces that belong together: nothing is put between them. */
function buildAssistant(blocks: readonly AssistantBlock[], context: AnswerContext): JsonObject[] {
  const text = blocks
    .filter((block) => block.type === 'text' || block.type === 'refusal')
    .map((block) => block.text)
    .join('');
  const calls = blocks.filter((block) => block.type === 'tool-call');
  if (text === '' && calls.length === 0) return [];
  const toolCalls = calls.map(({ id, name, arguments: json }) => ({
    id,
    type: 'function',
    function: { name: fitToolName(name, OPENAI_NAMES, context), arguments: json },
  }));
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    },
  ];
}
