import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTollgateClient } from '@tollgate/api';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { ADMIN_TOKEN, BASE_ENV } from '../harness/fleet.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import { startTollgate } from '../harness/tollgate-process.ts';
import { waitUntil } from '../harness/wait-until.ts';

const PORTS = ['--gateway-port', '0', '--control-port', '0'];

/**
 * Starts that cannot work end at once with exit code 1 and words for a person; starts that can, change nothing. Each is
 * a process of its own, which a busy machine takes many seconds to start.
 */
describe('starting', { timeout: 480_000 }, () => {
  let simulator: Simulator;
  let folder: string;
  let config: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    folder = mkdtempSync(join(tmpdir(), 'tollgate-start-'));
    config = join(folder, 'config.yaml');
    writeFileSync(config, buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }));
  });
  afterAll(async () => {
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const up = (data: string, extra: string[] = [], env: Record<string, string> = {}) =>
    startTollgate(['up', '--data-dir', data, ...PORTS, ...extra], { ...BASE_ENV, ...env });
  const gateway = (data: string, env: Record<string, string> = {}) =>
    startTollgate(['gateway', '--gateway-port', '0', '--data-dir', data], {
      ...BASE_ENV,
      DATABASE_URL: inject('postgresUrl'),
      REDIS_URL: inject('redisUrl'),
      TOLLGATE_REDIS_PREFIX: 'start-faults:',
      ...env,
    });

  /** Exit code and stderr of a start that must fail. */
  async function readFailure(start: Promise<{ kill(): Promise<void> }>): Promise<string> {
    const failure = await start.then(
      async (running) => {
        await running.kill();
        return 'it started';
      },
      (error: Error) => error.message,
    );
    // Words, never a stack; log lines may go before.
    const words = failure.replaceAll(/^\{.*\n/gm, '');
    expect(words).not.toMatch(/\n +at /);
    return words;
  }

  it('[MON-6] a journal folder that cannot be one', async () => {
    const data = join(folder, 'no-journal');
    mkdirSync(data);
    writeFileSync(join(data, 'journal'), 'in the way');
    expect(await readFailure(gateway(data))).toMatch(/ended with 1:\ntollgate: .*no-journal\/journal/);
  });

  it('a data folder that cannot be made', async () => {
    expect(await readFailure(gateway(join(config, 'inside-a-file')))).toMatch(
      /ended with 1:\ntollgate: .*inside-a-file/,
    );
  });

  it('[MON-6] a second gateway on the same data folder is refused, and the first goes on', async () => {
    const data = join(folder, 'shared');
    const first = await gateway(data);
    expect(await readFailure(gateway(data))).toMatch(
      new RegExp(`ended with 1:\\ntollgate: .*shared/journal/\\S+ .*live process ${first.child.pid}`),
    );
    expect((await fetch(`${first.ready['gateway']}/health`)).status).toBe(200);
    expect(await first.stop()).toBe(0);
    // What the refused one left behind is in nobody's way.
    const next = await gateway(data);
    expect(await next.stop()).toBe(0);
  });

  it('[CTL-4] [MON-5] up: twice at once is refused; again later with the same file changes nothing', async () => {
    const data = join(folder, 'twice');
    const first = await up(data, ['--config', config]);
    expect(await readFailure(up(data, ['--config', config]))).toMatch(
      new RegExp(`ended with 1:\\ntollgate: .*twice.* in use by process ${first.child.pid}: stop it, or`),
    );
    const answer = await postMessages(first.ready['gateway'] ?? '', buildMessage());
    expect(answer.status).toBe(200);
    await answer.text();
    expect(await first.stop()).toBe(0);

    const second = await up(data, ['--config', config]);
    const admin = createTollgateClient({ url: second.ready['control'] ?? '', token: ADMIN_TOKEN });
    await waitUntil('the row is there', async () => (await admin.usage.list.query()).items.length === 1);
    const [row] = await expectLedgerExact(admin);
    const { balance } = await admin.users.get.query({ email: 'u@example.com' });
    expect(Number(balance)).toBeCloseTo(10 - Number(row?.actual_cost_usd), 9);
    const { plan } = await admin.config.applyFile.mutate({ config: readFileSync(config, 'utf8') });
    expect(plan.map(({ action }) => action)).toEqual(plan.map(() => 'unchanged'));
    expect(await second.stop()).toBe(0);
  });

  it('[CTL-4] up: a wrong file names the field, and starts nothing', async () => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, 'groups: [{ name: g, platform: anthropic, rate_multiplier: "-1", rmp: 5 }]\n');
    const failure = await readFailure(up(join(folder, 'wrong'), ['--config', wrong]));
    expect(failure).toContain('ended with 1:');
    expect(failure).toContain('groups[0].rate_multiplier: ');
    expect(failure).toContain('groups[0].rmp: unknown field');
  });

  it('[CTL-4] up: a file that is not there', async () => {
    const missing = join(folder, 'missing.yaml');
    expect(await readFailure(up(join(folder, 'm'), ['--config', missing]))).toMatch(
      /ended with 1:\ntollgate: .*missing\.yaml/,
    );
  });

  it('wrong environment: every variable is named', async () => {
    const failure = await readFailure(
      gateway(join(folder, 'env'), { TOLLGATE_DRAIN_MS: 'soon', TOLLGATE_BODY_BYTES_MAX: '-1' }),
    );
    expect(failure).toContain('ended with 1:');
    expect(failure).toContain('TOLLGATE_DRAIN_MS: ');
    expect(failure).toContain('TOLLGATE_BODY_BYTES_MAX: ');
  });

  it('a secret key of the wrong length, and a list of addresses that is none', async () => {
    const key = await readFailure(gateway(join(folder, 'key'), { TOLLGATE_SECRET_KEY: 'c2hvcnQ=' }));
    expect(key).toMatch(/ended with 1:\ntollgate: .*32 bytes/);
    expect(key).not.toContain('c2hvcnQ=');
    const list = await readFailure(gateway(join(folder, 'list'), { TOLLGATE_OUTBOUND_ALLOW: '300.0.0.0/8' }));
    expect(list).toMatch(/ended with 1:\ntollgate: .*300\.0\.0\.0\/8/);
  });

  it('a port that is taken', async () => {
    const port = String(simulator.port);
    expect(await readFailure(gateway(join(folder, 'port'), { TOLLGATE_GATEWAY_PORT: port }))).toBe(
      'it started',
    );
    const args = ['gateway', '--gateway-port', port, '--data-dir', join(folder, 'port')];
    const env = { ...BASE_ENV, DATABASE_URL: inject('postgresUrl'), REDIS_URL: inject('redisUrl') };
    expect(await readFailure(startTollgate(args, env))).toMatch(
      new RegExp(`ended with 1:\\ntollgate: Cannot listen on 127\\.0\\.0\\.1 port ${port}`),
    );
  });
});
