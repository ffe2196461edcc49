import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedRequest, Script } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installCli } from '../harness/install-cli.ts';
import { OFFICIAL_CLIS, runCli, type OfficialCli } from '../harness/official-clis.ts';
import {
  PLATFORM_MODELS,
  startPlatformSite,
  type PlatformSite,
  type TestPlatform,
} from '../harness/platform-site.ts';
import { listUsage, type UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const QUESTION = 'Tell me the number.';
const ANSWER = 'the number is 4711';
const LONG = 'a long text that is never finished '.repeat(40);

let site: PlatformSite;

beforeAll(async () => {
  site = await startPlatformSite();
});
afterAll(() => site.stop());

/** A turn whose stream breaks in the middle is asked again by the program itself; each try is a row of its own. */
describe.each([
  { title: 'Claude Code', platform: 'anthropic', repeatsStreamed: false },
  { title: 'Claude Code', platform: 'openai', repeatsStreamed: false },
  { title: 'Codex', platform: 'openai', repeatsStreamed: true },
  { title: 'Codex', platform: 'anthropic', repeatsStreamed: true },
] as const)('$title on a group of $platform', ({ title, platform, repeatsStreamed }) => {
  const cli: OfficialCli = OFFICIAL_CLIS.find((each) => each.title === title)!;
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

  it(
    '[REQ-2] [MON-7] its stream breaks in the middle: its own repeat is served, and billed alone',
    { timeout: 120_000 },
    async () => {
      const before = new Set((await listUsage(site.topology)).map((row) => row.attempt_id));
      let broken = 0;
      site.simulator.setScript((request): Script | null => {
        if (!isTurn(request)) return null;
        if (broken > 0) return { text: ANSWER };
        broken += 1;
        return { text: LONG, resetAfterEvents: 8, delayEventsMs: 5 };
      });
      const model = PLATFORM_MODELS[platform satisfies TestPlatform];
      const stdout = await runCli(cli, program, { home, site: site.at(platform), model, question: QUESTION });
      expect([stdout.includes(ANSWER), broken]).toEqual([true, 1]);
      expect(stdout).not.toContain('never finished');
      const turns = site.simulator.requests.filter(isTurn);
      expect(turns).toHaveLength(2);
      const rows = await readNewRows(before, site.simulator.requests.length);
      // The first try is recorded and costs nothing; the answer is billed once.
      const [first, second] = rows.slice(-2);
      expect([first, second]).toMatchObject([
        { state: 'failed', stream: true, actual_cost_usd: expect.stringMatching(/^0(?:\.0+)?$/u) as string },
        { state: 'settled', status: 200, stream: repeatsStreamed },
      ]);
      expect(Number(second?.actual_cost_usd)).toBeGreaterThan(0);
      expect(rows.filter(({ state }) => state === 'failed')).toHaveLength(1);
    },
  );
});

/** The question itself, not what a program asks beside it (titles, topics). */
function isTurn({ json, body }: RecordedRequest): boolean {
  const hasTools = typeof json === 'object' && json !== null && 'tools' in json;
  return hasTools && body.includes(QUESTION);
}

/** Oldest first. */
async function readNewRows(before: ReadonlySet<string>, count: number): Promise<UsageRow[]> {
  const listNew = async () => (await listUsage(site.topology)).filter((row) => !before.has(row.attempt_id));
  await waitUntil('all calls are booked', async () => (await listNew()).length >= count);
  return (await listNew()).toReversed();
}
