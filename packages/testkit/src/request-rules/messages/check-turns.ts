import { complain, type Complaint, type RequestRule } from '../complaint.ts';
import type { MessagesBody, MessagesTurn } from './messages-schema.ts';

type Block = Exclude<MessagesTurn['content'], string>[number];

/** A turn as Anthropic reads it: instructions in the midst are no turn, neighbours of one role are one. */
interface Spoken {
  role: 'user' | 'assistant';
  blocks: { block: Block; path: PropertyKey[] }[];
  /** Of its first message. */
  path: PropertyKey[];
}

/** Who speaks first, and whether each call has its result in the next turn, before anything else. */
export const checkTurns: RequestRule<MessagesBody> = ({ messages }, { headers }) => {
  const beta = String(headers['anthropic-beta'] ?? '');
  const system = messages.findIndex(({ role }) => role === 'system');
  if (system >= 0 && !beta.includes('mid-conversation-system')) {
    return complain(['messages', system], 'Unexpected role "system". Use the top-level `system` parameter');
  }
  const turns = joinTurns(messages);
  if (turns[0]?.role !== 'user') return complain(['messages', 0], 'first message must use the "user" role');
  return checkPairs(turns) ?? checkEnd(messages);
};

function joinTurns(messages: readonly MessagesTurn[]): Spoken[] {
  const turns: Spoken[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (role === 'system') continue;
    const path = ['messages', index];
    const text: Block[] = content === '' ? [] : [{ type: 'text', text: String(content) }];
    const blocks: readonly Block[] = typeof content === 'string' ? text : content;
    const placed = blocks.map((block, at) => ({ block, path: [...path, 'content', at] }));
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...placed);
    else turns.push({ role, blocks: placed, path });
  }
  return turns;
}

function checkPairs(turns: readonly Spoken[]): Complaint | null {
  let open: string[] = [];
  for (const turn of turns) {
    const complaint = turn.role === 'user' ? checkResults(turn, open) : checkCalls(turn, open);
    if (complaint !== null) return complaint;
    open = turn.role === 'user' ? [] : listCalls(turn).map(({ id }) => id);
  }
  return open.length === 0 ? null : buildMissing(turns.at(-1)?.path ?? [], open);
}

function listCalls({ blocks }: Spoken): { id: string; path: PropertyKey[] }[] {
  return blocks.flatMap(({ block, path }) =>
    block.type === 'tool_use' && 'input' in block ? [{ id: String(block.id), path }] : [],
  );
}

function checkCalls(turn: Spoken, open: readonly string[]): Complaint | null {
  if (open.length > 0) return buildMissing(turn.path, open);
  const known = new Set<string>();
  for (const { id, path } of listCalls(turn)) {
    if (known.has(id)) return complain(path, '`tool_use` ids must be unique');
    known.add(id);
  }
  return null;
}

function checkResults({ blocks, path }: Spoken, open: readonly string[]): Complaint | null {
  const waiting = new Set(open);
  let isBehind = false;
  for (const { block, path: at } of blocks) {
    if (block.type !== 'tool_result' || !('tool_use_id' in block)) {
      isBehind = true;
      continue;
    }
    const id = String(block.tool_use_id);
    // A result behind other content is not seen.
    if (!waiting.delete(id) || isBehind) return complain(at, `unexpected \`tool_use_id\` found: ${id}`);
  }
  return waiting.size === 0 ? null : buildMissing(path, [...waiting]);
}

function buildMissing(path: PropertyKey[], ids: readonly string[]): Complaint {
  const found = '`tool_use` ids were found without `tool_result` blocks immediately after';
  return complain(path, `${found}: ${ids.join(', ')}`);
}

function checkEnd(messages: readonly MessagesTurn[]): Complaint | null {
  const last = messages.at(-1);
  const { content } = last ?? {};
  const end = typeof content === 'string' ? content : content?.at(-1);
  const text = typeof end === 'object' ? ('text' in end ? String(end.text) : '') : (end ?? '');
  if (last?.role !== 'assistant' || text === text.trimEnd()) return null;
  return complain(['messages'], 'final assistant content cannot end with trailing whitespace');
}
