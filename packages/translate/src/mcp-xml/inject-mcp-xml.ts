import type { AnswerContext } from '../conversation/answer-context.ts';
import type { ConversationRequest } from '../conversation/conversation-request.ts';
import { buildMcpInstruction } from './build-instruction.ts';
import { rewriteTurns } from './rewrite-turns.ts';
import { splitToolChoice } from './split-tool-choice.ts';
import { isXmlTool } from './xml-names.ts';

/**
 * API-7: the MCP tools of a request are functions no more: the system text tells how to call them in XML, and the
 * history shows calls and results as text. `context` then knows the tools whose calls are to be found in the answer.
 */
export function injectMcpXml(request: ConversationRequest, context: AnswerContext): void {
  if (!request.tools.some(({ name }) => isXmlTool(name))) return;
  const { choice, offers, demand } = splitToolChoice(request.toolChoice);
  const offered = request.tools.filter(({ name }) => isXmlTool(name) && offers(name));
  request.tools = request.tools.filter(({ name }) => !isXmlTool(name));
  request.toolChoice = choice;
  request.turns = rewriteTurns(request.turns);
  if (offered.length === 0) return;
  request.system = [...request.system, { type: 'text', text: buildMcpInstruction(offered, demand) }];
  context.mcpTools = offered.map(({ name }) => name);
}
