import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { XmlCallScanner } from './xml-call-scanner.ts';

/** API-7: the same answer with calls of MCP tools that stand as XML in its text as tool calls. */
export function convertXmlCalls(answer: Answer, tools: readonly string[]): Answer {
  const blocks = answer.blocks.flatMap((block) =>
    block.type === 'text' ? splitText(block.text, tools) : [block],
  );
  const hasCalls = blocks.some(({ type }) => type === 'tool-call');
  return { ...answer, blocks, stop: hasCalls && answer.stop === 'end' ? 'tool-calls' : answer.stop };
}

function splitText(text: string, tools: readonly string[]): AssistantBlock[] {
  const blocks: AssistantBlock[] = [];
  const scanner = new XmlCallScanner(tools, {
    onText: (words) => addText(blocks, words),
    onCall: (name, json) => blocks.push({ type: 'tool-call', id: '', name, arguments: json }),
  });
  scanner.push(text);
  scanner.end();
  return blocks;
}

/** White space behind calls is no word of its own. */
function addText(blocks: AssistantBlock[], text: string): void {
  const last = blocks.at(-1);
  if (last?.type === 'text') last.text += text;
  else {
    const words = last === undefined ? text : text.trimStart();
    if (words !== '') blocks.push({ type: 'text', text: words });
  }
}
