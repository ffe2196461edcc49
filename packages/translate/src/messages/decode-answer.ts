import { MessagesUsageFold } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AnswerContext } from '../conversation/answer-context.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import { mapFromMessagesStop } from './stop-reasons.ts';
import { isServerToolBlock } from './server-tool-blocks.ts';

/** A whole Messages answer; null = it is none. */
export function decodeMessagesAnswer(body: JsonObject, scope: AnswerScope): Answer | null {
  if (body['type'] === 'error' || !Array.isArray(body['content'])) return null;
  const fold = new MessagesUsageFold();
  fold.add(body['usage']);
  const sequence = body['stop_sequence'];
  if (typeof sequence === 'string') scope.findings.carries('answer-stop-sequence', 'stop_sequence');
  const blocks = listObjects(body['content']).flatMap((block) => decodeBlock(block, scope));
  const hasCalls = blocks.some(({ type }) => type === 'tool-call');
  return {
    id: typeof body['id'] === 'string' ? body['id'] : null,
    blocks,
    stop: mapFromMessagesStop(body['stop_reason'], { hasCalls }),
    stopSequence: typeof sequence === 'string' ? sequence : null,
    usage: fold.read()?.usage ?? null,
  };
}

function decodeBlock(block: JsonObject, { findings, context }: AnswerScope): AssistantBlock[] {
  switch (block['type']) {
    case 'text':
      if (Array.isArray(block['citations']) && block['citations'].length > 0) {
        findings.carries('answer-citations', 'content');
      }
      return [{ type: 'text', text: String(block['text'] ?? '') }];
    case 'tool_use':
      return [decodeToolCall(block, context)];
    case 'thinking':
      findings.carries('answer-signature', 'content');
      if (typeof block['thinking'] !== 'string' || block['thinking'] === '') return [];
      return [{ type: 'thinking', text: block['thinking'], signature: null, madeBy: 'messages' }];
    case 'redacted_thinking':
      findings.carries('answer-signature', 'content');
      return [];
    default:
      findings.carries(
        isServerToolBlock(block['type']) ? 'answer-server-tools' : 'answer-unknown',
        'content',
      );
      return [];
  }
}

function decodeToolCall({ id, name, input }: JsonObject, context: AnswerContext): AssistantBlock {
  return {
    type: 'tool-call',
    id: typeof id === 'string' ? id : '',
    name: typeof name === 'string' ? restoreToolName(name, context) : '',
    arguments: JSON.stringify(isObject(input) ? input : {}),
  };
}
