import type { ToolCallBlock, ToolResultBlock } from './blocks.ts';
import type { Turn } from './conversation-request.ts';

/** What the model is told of a call that its client has never answered: the user has stopped it, or it was lost. */
export const INTERRUPTED = '(interrupted: the tool call has no result)';

/**
 * A result for each call that has none, right behind it: every vendor refuses a call without one, and a call that is
 * left out would change what the model said. The same list where all are answered, as they most often are.
 */
export function answerOpenCalls(turns: Turn[]): Turn[] {
  const answered = new Set<string>();
  for (const { blocks } of turns)
    for (const block of blocks) if (block.type === 'tool-result') answered.add(block.callId);
  const answers = turns.map((turn) => listOpenCalls(turn, answered).map(buildInterrupted));
  if (answers.every((results) => results.length === 0)) return turns;
  return turns.flatMap((turn, index): Turn[] => {
    const blocks = answers[index] ?? [];
    return blocks.length === 0 ? [turn] : [turn, { role: 'user', blocks }];
  });
}

function listOpenCalls({ role, blocks }: Turn, answered: ReadonlySet<string>): ToolCallBlock[] {
  if (role !== 'assistant') return [];
  return blocks.filter((block) => block.type === 'tool-call').filter(({ id }) => !answered.has(id));
}

function buildInterrupted({ id, name }: ToolCallBlock): ToolResultBlock {
  const content: ToolResultBlock['content'] = [{ type: 'text', text: INTERRUPTED }];
  return { type: 'tool-result', callId: id, name, content, isError: true };
}
