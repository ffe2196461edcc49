import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listToolResults, scriptToolTurn } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { installCli } from '../harness/install-cli.ts';
import { OFFICIAL_CLIS, runCli, type OfficialCli } from '../harness/official-clis.ts';
import {
  PLATFORM_MODELS,
  startPlatformSite,
  UPSTREAM_PATHS,
  type PlatformSite,
  type TestPlatform,
} from '../harness/platform-site.ts';
import { listUsage } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const SECRET = 'the number is 4711';
/** Which platforms' groups each CLI is sold into. */
const PLATFORMS: Readonly<Record<OfficialCli['protocol'], readonly TestPlatform[]>> = {
  messages: ['anthropic', 'openai', 'gemini'],
  responses: ['openai', 'anthropic', 'gemini'],
  gemini: ['gemini', 'anthropic', 'openai'],
};

let site: PlatformSite;

beforeAll(async () => {
  site = await startPlatformSite();
});
afterAll(() => site.stop());

/** The real programs, as a user runs them, set up by the lines of docs/clients.md. The model asks for a file and tells it. */
describe.each(OFFICIAL_CLIS)('$title', (cli) => {
  let program: string;
  let home: string;

  beforeAll(async () => {
    program = await installCli(cli.package);
  }, 400_000);
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'tollgate-cli-home-'));
  });
  afterEach(async () => {
    rmSync(home, { recursive: true, force: true });
    await site.reset();
  });

  it.each(PLATFORMS[cli.protocol])(
    '[API-8] on a group of %s: one whole turn with a tool',
    { timeout: 120_000 },
    async (platform) => {
      const file = join(home, 'note.txt');
      writeFileSync(file, SECRET);
      site.simulator.setScript(scriptToolTurn(cli.readFile(file)));
      const { key } = site.at(platform);
      const booked = await listBooked(site);
      const tap = await startTap(site.at(platform).gateway);
      const stdout = await runCli(cli, program, {
        home,
        site: { gateway: tap.url, key },
        model: cli.model ?? PLATFORM_MODELS[platform],
        question: 'What does note.txt say?',
      });
      expect(stdout).toContain(`The tool says:`);
      expect(stdout).toContain(SECRET);
      const { requests } = site.simulator;
      for (const { path } of requests) expect(path).toMatch(UPSTREAM_PATHS[platform]);
      // The tool ran once, and its result came back through the gateway.
      expect(requests.filter((request) => listToolResults(request).length > 0)).toHaveLength(1);
      expect(JSON.stringify(requests.map(({ headers, path }) => [headers, path]))).not.toContain(key);
      expect(requests.at(-1)?.headers['user-agent']).toMatch(cli.userAgent);
      await expectBooked(site, booked, cli.protocol, requests.length);
      // Codex's built-in provider tries a WebSocket, once.
      expect(tap.countOpenings('GET /v1/responses ')).toBe(cli.title.includes('built-in') ? 1 : 0);
    },
  );
});

async function listBooked({ topology }: PlatformSite): Promise<Set<string>> {
  return new Set((await listUsage(topology)).map((row) => row.attempt_id));
}

/** Codex looks a tool up by its namespace, which only its own protocol has: no agent is there, and the tool says so. */
describe('Codex, a tool of a namespace', () => {
  it.each(['anthropic', 'gemini'] as const)(
    '[API-8] on a group of %s',
    { timeout: 120_000 },
    async (platform) => {
      const cli = OFFICIAL_CLIS.find(({ title }) => title === 'Codex')!;
      const home = mkdtempSync(join(tmpdir(), 'tollgate-cli-home-'));
      onTestFinished(() => rmSync(home, { recursive: true, force: true }));
      site.simulator.setScript(scriptToolTurn({ name: 'close_agent', input: { target: 'nobody' } }));
      const model = PLATFORM_MODELS[platform];
      const program = await installCli(cli.package);
      const stdout = await runCli(cli, program, {
        home,
        site: site.at(platform),
        model,
        question: 'Close it.',
      });
      expect(stdout).toContain('The tool says: invalid agent id nobody');
      await site.reset();
    },
  );
});

/** Every call since `before` is a settled row of the client's protocol. */
async function expectBooked(
  { topology }: PlatformSite,
  before: ReadonlySet<string>,
  protocol: string,
  calls: number,
): Promise<void> {
  const listNew = async () => (await listUsage(topology)).filter((row) => !before.has(row.attempt_id));
  await waitUntil('all calls are booked', async () => (await listNew()).length >= calls);
  const rows = await listNew();
  expect(rows.map((row) => [row.state, row.protocol])).toEqual(rows.map(() => ['settled', protocol]));
}

interface Tap {
  url: string;
  countOpenings(start: string): number;
}

/** Loopback, in front of the gateway: what the client said, also what the gateway did not pass on. */
async function startTap(gateway: string): Promise<Tap> {
  let said = '';
  const server = createServer((client) => {
    const target = connect(Number(new URL(gateway).port), '127.0.0.1');
    client.on('data', (bytes) => (said += bytes.toString('latin1')));
    for (const socket of [client, target]) socket.on('error', () => client.destroy());
    client.pipe(target).pipe(client);
    client.on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    countOpenings: (start) => said.split(start).length - 1,
  };
}
