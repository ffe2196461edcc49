import { ZERO_USAGE } from '@tollgate/core';
import { buildMessagesUsage } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { parseArguments } from '../conversation/build-arguments.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { mapToMessagesStop } from './stop-reasons.ts';
import { UNSIGNED_THINKING } from './unsigned-thinking.ts';

/** A whole answer as a Messages client expects it. */
export function buildMessagesAnswer(answer: Answer, scope: AnswerScope): JsonObject {
  return {
    id: buildAnswerId('msg_', answer.id, scope.createId),
    type: 'message',
    role: 'assistant',
    model: scope.model,
    content: answer.blocks.flatMap((block) => buildBlock(block, scope)),
    stop_reason: mapToMessagesStop(answer.stop),
    stop_sequence: answer.stopSequence,
    usage: buildMessagesUsage(answer.usage ?? ZERO_USAGE),
  };
}

function buildBlock(block: AssistantBlock, { context, createId }: AnswerScope): JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: block.text }];
    case 'thinking':
      if (!context.showsThoughts) return [];
      return [{ type: 'thinking', thinking: block.text, signature: UNSIGNED_THINKING }];
    case 'tool-call': {
      const id = block.id === '' ? `toolu_${createId()}` : block.id;
      return [{ type: 'tool_use', id, name: block.name, input: parseArguments(block.arguments) }];
    }
  }
}
