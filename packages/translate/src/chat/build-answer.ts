import { ZERO_USAGE } from '@tollgate/core';
import { buildChatUsage } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { mapToFinishReason } from './finish-reasons.ts';

/** A whole answer as a Chat Completions client expects it. */
export function buildChatAnswer(answer: Answer, scope: AnswerScope): JsonObject {
  const choice = {
    index: 0,
    message: buildMessage(answer.blocks, scope),
    logprobs: null,
    finish_reason: mapToFinishReason(answer.stop),
  };
  return {
    id: buildAnswerId('chatcmpl-', answer.id, scope.createId),
    object: 'chat.completion',
    created: scope.createdAtS,
    model: scope.model,
    choices: [choice],
    usage: buildChatUsage(answer.usage ?? ZERO_USAGE),
  };
}

function buildMessage(blocks: readonly AssistantBlock[], { createId }: AnswerScope): JsonObject {
  const thinking = joinKind(blocks, 'thinking');
  const calls = blocks
    .filter((block) => block.type === 'tool-call')
    .map(({ id, name, arguments: json }) => ({
      id: id === '' ? `call_${createId()}` : id,
      type: 'function',
      function: { name, arguments: json },
    }));
  return {
    role: 'assistant',
    content: joinKind(blocks, 'text'),
    refusal: joinKind(blocks, 'refusal'),
    ...(thinking !== null && { reasoning_content: thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function joinKind(blocks: readonly AssistantBlock[], kind: 'text' | 'refusal' | 'thinking'): string | null {
  const texts = blocks.flatMap((block) => (block.type === kind && 'text' in block ? [block.text] : []));
  return texts.length === 0 ? null : texts.join('');
}
