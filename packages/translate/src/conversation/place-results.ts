import type { ToolResultBlock, UserBlock } from './blocks.ts';
import type { Turn } from './conversation-request.ts';

/**
 * Results right behind their calls, where all but Responses want them; there a word may stand between. The same list
 * where nothing is out of place.
 */
export function placeResults(turns: Turn[]): Turn[] {
  const late = findLateResults(turns);
  if (late.size === 0) return turns;
  const gone = new Set<UserBlock>([...late.values()].flat());
  return turns.flatMap((turn, index): Turn[] => {
    const results = late.get(index) ?? [];
    const kept = turn.role === 'user' ? leaveOut(turn, gone) : [turn];
    return results.length === 0 ? kept : [...kept, { role: 'user', blocks: results }];
  });
}

function leaveOut(turn: Extract<Turn, { role: 'user' }>, gone: ReadonlySet<UserBlock>): Turn[] {
  const blocks = turn.blocks.filter((block) => !gone.has(block));
  return blocks.length === 0 ? [] : [{ role: 'user', blocks }];
}

/** By the place of the turn that made their calls. */
function findLateResults(turns: readonly Turn[]): Map<number, ToolResultBlock[]> {
  const late = new Map<number, ToolResultBlock[]>();
  const callers = new Map<string, number>();
  /** The last turn that holds more than results. */
  let before = -1;
  for (const [index, { role, blocks }] of turns.entries()) {
    let isOnlyResults = role === 'user';
    for (const block of blocks) {
      if (block.type === 'tool-call') callers.set(block.id, index);
      if (block.type !== 'tool-result') isOnlyResults = false;
      else noteLate(late, callers.get(block.callId) ?? before, before, block);
    }
    if (!isOnlyResults && blocks.length > 0) before = index;
  }
  return late;
}

function noteLate(
  late: Map<number, ToolResultBlock[]>,
  caller: number,
  before: number,
  result: ToolResultBlock,
): void {
  if (caller === before) return;
  const known = late.get(caller);
  if (known === undefined) late.set(caller, [result]);
  else known.push(result);
}
