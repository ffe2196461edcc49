const KINDS = new Set<unknown>([
  'server_tool_use',
  'mcp_tool_use',
  'mcp_tool_result',
  'tool_reference',
  'compaction',
  'fallback',
]);

/** Blocks that Anthropic's own tools and services leave in a conversation. */
export function isServerToolBlock(type: unknown): boolean {
  return KINDS.has(type) || (typeof type === 'string' && type.endsWith('_tool_result'));
}
