import type { AnswerContext } from '../conversation/answer-context.ts';
import type { ConversationRequest } from '../conversation/conversation-request.ts';
import { buildMcpInstruction, listMcpTools } from './build-instruction.ts';

/** API-7: a request with MCP tools gets the calling convention behind its system text; `context` then knows the tools. */
export function injectMcpXml(request: ConversationRequest, context: AnswerContext): void {
  const tools = listMcpTools(request.tools);
  if (tools.length === 0) return;
  request.system = [...request.system, { type: 'text', text: buildMcpInstruction(tools) }];
  context.mcpTools = tools;
}
