import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY, MODEL } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { listUsage } from '../harness/usage.ts';

const runFile = promisify(execFile);
const VERSION = '2.1.329';

/** The real Claude Code, in print mode. Installed on demand (it is 360 MB): kept between runs in the temp folder. */
describe('Claude Code', () => {
  let simulator: Simulator;
  let topology: Topology;
  let home: string;
  let claude: string;

  beforeAll(async () => {
    claude = installClaudeCode();
    home = mkdtempSync(join(tmpdir(), 'tollgate-claude-home-'));
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }),
    );
  }, 300_000);
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it(
    '[API-8] asks and prints the answer, by ANTHROPIC_BASE_URL and ANTHROPIC_AUTH_TOKEN',
    { timeout: 90_000 },
    async () => {
      simulator.setScript(() => null);
      const run = runFile(claude, ['-p', 'ping', '--model', MODEL], {
        cwd: home,
        timeout: 80_000,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: home,
          ANTHROPIC_BASE_URL: topology.gateways[0] ?? '',
          ANTHROPIC_AUTH_TOKEN: KEY,
          DISABLE_AUTOUPDATER: '1',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        },
      });
      run.child.stdin?.end();
      const { stdout } = await run;
      expect(stdout.trim().length).toBeGreaterThan(0);
      const asked = simulator.requests.find(({ path }) => path.startsWith('/v1/messages?beta=true'));
      expect(asked?.headers['user-agent']).toContain(`claude-cli/${VERSION}`);
      expect(asked?.headers['x-claude-code-session-id']).toBeTruthy();
      expect(JSON.stringify(asked?.headers)).not.toContain(KEY);
      const rows = await listUsage(topology);
      expect(rows.length).toBeGreaterThan(0);
      expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['settled']));
    },
  );
});

function installClaudeCode(): string {
  const folder = join(tmpdir(), `tollgate-claude-code-${VERSION}`);
  const program = join(folder, 'node_modules', '.bin', 'claude');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const npm = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      `@anthropic-ai/claude-code@${VERSION}`,
    ];
    execFileSync('npm', npm, { cwd: dirname(folder), stdio: ['ignore', 'ignore', 'pipe'] });
  }
  return program;
}
