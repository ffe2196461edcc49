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

interface McpClient {
  title: string;
  /** What is added to its usual arguments for one MCP server that is started by `command`. */
  buildArguments(command: string, args: string[], home: string): string[];
  env: Record<string, string>;
}

/** Gemini CLI names such tools `mcp_<server>_<tool>`: they are no `mcp__…`. */
const CLIENTS: readonly McpClient[] = [
  {
    title: 'Claude Code',
    buildArguments(command, args, home) {
      const file = join(home, 'mcp.json');
      writeFileSync(file, JSON.stringify({ mcpServers: { notes: { command, args } } }));
      return ['--mcp-config', file, '--strict-mcp-config'];
    },
    // Its own search for tools would hide the tool from the first request.
    env: { ENABLE_TOOL_SEARCH: 'false' },
  },
  {
    title: 'Codex',
    buildArguments: (command, args) => [
      ...['-c', `mcp_servers.notes.command=${JSON.stringify(command)}`],
      ...['-c', `mcp_servers.notes.args=${JSON.stringify(args)}`],
    ],
    env: {},
  },
];

/** The real programs with a real MCP server, whose tool their model can only call in XML. */
describe.each(CLIENTS)('$title with an MCP server', ({ title, buildArguments, env }) => {
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
      const found = OFFICIAL_CLIS.find((each) => each.title === title);
      if (found === undefined) throw new Error(`${title} is no official CLI any more`);
      const added = buildArguments(process.execPath, [SERVER, MCP_RESULT], home);
      const cli = {
        ...found,
        buildArguments: (model: string, question: string) => [
          ...found.buildArguments(model, question).map((each) => (each === 'Read' ? MCP_TOOL : each)),
          ...added,
        ],
        env: { ...found.env, ...env },
      };
      site.simulator.setScript(scriptXmlTurn);
      const program = await installCli(cli.package);
      const question = 'What does the note say?';
      const stdout = await runCli(cli, program, { home, site: site.at('xml'), model: MCP_MODEL, question });
      // Codex tells its model also how long it took.
      expect(stdout).toMatch(new RegExp(`The tool says: [^]*${MCP_RESULT}`, 'u'));
      const { requests } = site.simulator;
      for (const { path, json } of requests) {
        expect(path).toMatch(/^\/v1internal:/u);
        const { request } = json as { request: { tools?: unknown } };
        expect(JSON.stringify(request.tools ?? [])).not.toContain('mcp__');
      }
      await waitUntil('all is booked', async () => (await listUsage(site.topology)).length >= 2);
      const rows = await listUsage(site.topology);
      expect(rows.map(({ state, protocol }) => [state, protocol])).toEqual(
        rows.map(() => ['settled', cli.protocol]),
      );
    },
  );
});
