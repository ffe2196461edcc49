import type { ToolDefinition } from '../conversation/conversation-request.ts';
import { writeResultTags, writeXmlCall } from './xml-names.ts';

/** A tool that is told to the model in words. */
export type DescribedTool = Pick<ToolDefinition, 'name' | 'description' | 'schema'>;

/** `any`: some tool must be called; a list: one of these; null = as the model likes. */
export type CallDemand = 'any' | readonly string[] | null;

/**
 * API-7: how the model calls MCP tools in its text, where function calls to them do not come through. The tools are
 * told here and declared nowhere else. McpXmlSink, convertXmlCalls and GeminiXmlCalls turn such calls back.
 */
export function buildMcpInstruction(tools: readonly DescribedTool[], demand: CallDemand): string {
  const example = tools[0]?.name ?? 'mcp__server__tool';
  const { open, close } = writeResultTags(example, false);
  return [
    '# Calling MCP tools',
    'The tools below, whose names begin with `mcp__`, are no functions. Each is called by an XML block in your answer:',
    "the tool's name is the tag, and between the tags stands one JSON object with the arguments:",
    writeXmlCall(example, '{"argument":"value"}'),
    'Write the block as it is, without a code fence and without any text inside but the JSON. Several blocks may follow',
    'each other. Behind the last one end your answer: the results come with the next message, in the same order, as',
    `${open}…${close}.`,
    ...buildDemand(demand),
    'The tools to call in this way, each with the JSON schema of its arguments:',
    ...tools.map(describeTool),
  ].join('\n');
}

function buildDemand(demand: CallDemand): string[] {
  if (demand === null) return [];
  return [
    demand === 'any' ? 'You must call a tool now.' : `You must call this tool now: ${demand.join(' or ')}.`,
  ];
}

function describeTool({ name, description, schema }: DescribedTool): string {
  const lines = [`\n## ${name}`];
  if (description !== null && description.trim() !== '') lines.push(description);
  lines.push(`Arguments: ${JSON.stringify(schema ?? { type: 'object', properties: {} })}`);
  return lines.join('\n');
}
