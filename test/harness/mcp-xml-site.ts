import type { ScriptSource } from '@tollgate/testkit';
import { buildConfig } from './config.ts';
import { startGatewaySite, type GatewaySite } from './gateway-site.ts';
import { MCP_TOOL, writeCall } from './mcp-conversation.ts';

export const MCP_MODEL = 'gemini-3-pro';
const GROUPS = ['xml', 'plain'] as const;
export type McpGroup = (typeof GROUPS)[number];

export type McpXmlSite = GatewaySite<McpGroup>;

/** Two antigravity groups on one account, of which `xml` has its MCP tools called in XML. */
export function startMcpXmlSite(): Promise<McpXmlSite> {
  return startGatewaySite({ buildConfig: buildAll, buildKey });
}

const RESULT = new RegExp(`<tool_result name="${MCP_TOOL}">\\n([^]*?)\\n</tool_result>`, 'u');

/** A model that calls the tool in XML where it is told of it, and, once the result has come back, says what it was. */
export const scriptXmlTurn: ScriptSource = ({ json }) => {
  const { request } = json as { request?: { contents?: unknown; systemInstruction?: unknown } };
  const texts = collectTexts(request?.contents);
  const result = RESULT.exec(texts)?.[1];
  if (result !== undefined) return { text: `The tool says: ${result}`, chunkBytes: 7 };
  const isTold = collectTexts(request?.systemInstruction).includes(`## ${MCP_TOOL}`);
  return isTold ? { text: `Let me look. ${writeCall('{"note":"a"}')}`, chunkBytes: 7 } : null;
};

function collectTexts(value: unknown): string {
  const found: string[] = [];
  JSON.stringify(value ?? null, (key, each: unknown) => {
    if (key === 'text' && typeof each === 'string') found.push(each);
    return each;
  });
  return found.join('\n');
}

function buildKey(group: McpGroup): string {
  return `sk-test-${group}-0123456789`;
}

function buildAll(base_url: string): string {
  const group = { platform: 'antigravity', rate_multiplier: '1', rpm: 0, unpriced_models: 'allow' };
  return buildConfig({
    groups: GROUPS.map((name) => ({ ...group, name, mcp_xml_inject: name === 'xml' })),
    accounts: [
      {
        ...{ name: 'a1', base_url, platform: 'antigravity', kind: 'oauth', api_key: 'token-1' },
        ...{ project: 'our-project', groups: [...GROUPS] },
      },
    ],
    users: [{ email: 'u@example.com', balance: '1000.00', concurrency: 50, rpm: 0 }],
    keys: GROUPS.map((name) => ({ user: 'u@example.com', name, groups: [name], key: buildKey(name) })),
  });
}
