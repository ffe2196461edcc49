const PREFIX = 'mcp__';

/** The tools of MCP servers among those of a request, as clients name them: `mcp__<server>__<tool>`. */
export function listMcpTools(tools: readonly { name: string }[]): string[] {
  return tools.map(({ name }) => name).filter((name) => name.startsWith(PREFIX));
}

/**
 * API-7: how the model may call MCP tools in its text where function calls to them do not come through. McpXmlSink and
 * convertXmlCalls turn such calls back.
 */
export function buildMcpInstruction(tools: readonly string[]): string {
  const [example = `${PREFIX}server__tool`] = tools;
  return [
    '# Calling MCP tools',
    `Tools whose names begin with \`${PREFIX}\` are called by an XML block in your answer: the tool's name is the tag,`,
    'and between the tags stands one JSON object with the arguments:',
    `<${example}>{"argument":"value"}</${example}>`,
    'Write the block as it is, without a code fence and without any text inside but the JSON. Several blocks may follow',
    'each other. Behind the last one end your answer: the results come with the next message.',
    `The tools to call in this way: ${tools.join(', ')}.`,
  ].join('\n');
}
