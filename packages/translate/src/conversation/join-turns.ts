import type { TextBlock, UserBlock } from './blocks.ts';
import type { Turn } from './conversation-request.ts';

/** What stands where a protocol wants words and the client had none. */
export const EMPTY_TEXT = '(empty)';

/** A turn of a protocol without instructions in the midst of a conversation. */
export type SpokenTurn = Exclude<Turn, { role: 'system' }>;

/**
 * Turns for protocols that want user and assistant in alternation: instructions in the midst become text of the
 * user, neighbours of one role become one turn, and turns without a word are left out.
 */
export function joinTurns(turns: readonly Turn[]): SpokenTurn[] {
  const joined: SpokenTurn[] = [];
  for (const turn of turns) {
    if (turn.blocks.length === 0) continue;
    const spoken = speak(turn);
    const last = joined.at(-1);
    if (last?.role === 'user' && spoken.role === 'user') last.blocks.push(...spoken.blocks);
    else if (last?.role === 'assistant' && spoken.role === 'assistant') last.blocks.push(...spoken.blocks);
    else joined.push(spoken);
  }
  return joined;
}

/** A copy: joining must not change the request, which a retry on another account may need again. */
function speak(turn: Turn): SpokenTurn {
  if (turn.role === 'assistant') return { role: 'assistant', blocks: [...turn.blocks] };
  const blocks: UserBlock[] = turn.role === 'user' ? [...turn.blocks] : [buildReminder(turn.blocks)];
  return { role: 'user', blocks };
}

function buildReminder(blocks: readonly TextBlock[]): TextBlock {
  return { type: 'text', text: `<system-reminder>\n${joinText(blocks)}\n</system-reminder>` };
}

/** Several texts as one, in the way that models read as paragraphs. */
export function joinText(blocks: readonly { text: string }[]): string {
  return blocks.map(({ text }) => text).join('\n\n');
}

/** Results of tools first, as Anthropic and OpenAI want them right behind the calls. */
export function sortResultsFirst(blocks: readonly UserBlock[]): UserBlock[] {
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
}

function isResult({ type }: UserBlock): boolean {
  return type === 'tool-result';
}
