import { ZERO_USAGE } from '@tollgate/core';
import { buildGeminiUsage } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { parseArguments } from '../conversation/build-arguments.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { mapToGeminiFinish } from './finish-reasons.ts';

/** A whole answer as a Gemini client expects it. */
export function buildGeminiAnswer(answer: Answer, scope: AnswerScope): JsonObject {
  const parts = answer.blocks.flatMap((block) => buildPart(block, scope));
  const candidate = {
    content: { parts: parts.length > 0 ? parts : [{ text: '' }], role: 'model' },
    finishReason: mapToGeminiFinish(answer.stop),
    index: 0,
  };
  return {
    candidates: [candidate],
    usageMetadata: buildGeminiUsage(answer.usage ?? ZERO_USAGE),
    modelVersion: scope.model,
    responseId: buildAnswerId('', answer.id, scope.createId),
  };
}

function buildPart(block: AssistantBlock, { context }: AnswerScope): JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [{ text: block.text }];
    case 'thinking':
      return context.showsThoughts ? [{ text: block.text, thought: true }] : [];
    case 'tool-call': {
      const call = { name: block.name, args: parseArguments(block.arguments) };
      return [{ functionCall: block.id === '' ? call : { id: block.id, ...call } }];
    }
  }
}
