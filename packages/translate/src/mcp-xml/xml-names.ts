/** What opens every call. */
export const CALL_START = '<mcp__';

const PREFIX = 'mcp__';
const NAME = /^mcp__[\w.:-]{1,128}$/u;

/** Whether a tool is one of an MCP server (`mcp__<server>__<tool>`) whose name can be a tag. */
export function isXmlTool(name: string): boolean {
  return name.startsWith(PREFIX) && NAME.test(name);
}

/** How a call stands in the text: in the model's own words, and in the history that it gets back. */
export function writeXmlCall(name: string, json: string): string {
  return `<${name}>${json}</${name}>`;
}

/** What stands before and behind a tool's result in the history. */
export function writeResultTags(name: string, isError: boolean): { open: string; close: string } {
  return {
    open: `<tool_result name="${name}"${isError ? ' is_error="true"' : ''}>`,
    close: '</tool_result>',
  };
}
