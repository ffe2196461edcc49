import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCli } from '../harness/install-cli.ts';
import { MCP_RESULT, MCP_TOOL } from '../harness/mcp-conversation.ts';
import { MCP_MODEL, scriptXmlTurn, startMcpXmlSite, type McpXmlSite } from '../harness/mcp-xml-site.ts';
import { OFFICIAL_CLIS, runCli } from '../harness/official-clis.ts';
import { listUsage } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const SERVER = fileURLToPath(new URL('../harness/notes-mcp-server.ts', import.meta.url));

/** The real program with a real MCP server, whose tool its model can only call in XML. */
describe('Claude Code with an MCP server', () => {
  let site: McpXmlSite;
  let home: string;

  beforeAll(async () => {
    site = await startMcpXmlSite();
    home = mkdtempSync(join(tmpdir(), 'tollgate-cli-home-'));
  });
  afterAll(async () => {
    await site.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it(
    '[API-7] [API-8] one whole turn on a group that has MCP tools called in XML',
    { timeout: 500_000 },
    async () => {
      const found = OFFICIAL_CLIS.find(({ title }) => title === 'Claude Code');
      if (found === undefined) throw new Error('Claude Code is no official CLI any more');
      const servers = { notes: { command: process.execPath, args: [SERVER, MCP_RESULT] } };
      const file = join(home, 'mcp.json');
      writeFileSync(file, JSON.stringify({ mcpServers: servers }));
      const cli = {
        ...found,
        buildArguments: (model: string, question: string) => [
          ...found.buildArguments(model, question).map((each) => (each === 'Read' ? MCP_TOOL : each)),
          ...['--mcp-config', file, '--strict-mcp-config'],
        ],
        // Its own search for tools would hide the tool from the first request.
        env: { ...found.env, ENABLE_TOOL_SEARCH: 'false' },
      };
      site.simulator.setScript(scriptXmlTurn);
      const program = await installCli(cli.package);
      const question = 'What does the note say?';
      const stdout = await runCli(cli, program, { home, site: site.at('xml'), model: MCP_MODEL, question });
      expect(stdout).toContain(`The tool says: ${MCP_RESULT}`);
      const { requests } = site.simulator;
      for (const { path, json } of requests) {
        expect(path).toMatch(/^\/v1internal:/u);
        const { request } = json as { request: { tools?: unknown } };
        expect(JSON.stringify(request.tools ?? [])).not.toContain('mcp__');
      }
      await waitUntil('all is booked', async () => (await listUsage(site.topology)).length >= 2);
      const rows = await listUsage(site.topology);
      expect(rows.map(({ state, protocol }) => [state, protocol])).toEqual(
        rows.map(() => ['settled', 'messages']),
      );
    },
  );
});
