import type { AssistantBlock, TextBlock, ToolResultBlock, UserBlock } from '../conversation/blocks.ts';
import type { Turn } from '../conversation/conversation-request.ts';
import { isXmlTool, writeResultTags, writeXmlCall } from './xml-names.ts';

/** Calls of MCP tools and their results as the text that they are for the model: nothing may name a tool that is not declared. */
export function rewriteTurns(turns: readonly Turn[]): Turn[] {
  return turns.map((turn) => {
    switch (turn.role) {
      case 'assistant':
        return { role: turn.role, blocks: turn.blocks.map(rewriteCall) };
      case 'user':
        return { role: turn.role, blocks: turn.blocks.flatMap(rewriteResult) };
      case 'system':
        return turn;
    }
  });
}

function rewriteCall(block: AssistantBlock): AssistantBlock {
  if (block.type !== 'tool-call' || !isXmlTool(block.name)) return block;
  return buildText(writeXmlCall(block.name, block.arguments));
}

function rewriteResult(block: UserBlock): UserBlock[] {
  if (block.type !== 'tool-result' || !isXmlTool(block.name)) return [block];
  const { open, close } = writeResultTags(block.name, block.isError);
  return joinTexts([buildText(open), ...block.content, buildText(close)]);
}

function joinTexts(blocks: readonly Exclude<UserBlock, ToolResultBlock>[]): UserBlock[] {
  const joined: UserBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (block.type === 'text' && last?.type === 'text') last.text += `\n${block.text}`;
    else joined.push(block.type === 'text' ? buildText(block.text) : block);
  }
  return joined;
}

function buildText(text: string): TextBlock {
  return { type: 'text', text };
}
