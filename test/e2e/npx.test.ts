import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, vi } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tollgate-npx-'));
/** Two starts of everything, of which a busy machine takes a minute and a half each. */
const TIMEOUT_MS = 480_000;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `npx --no tollgate up` under whatever Node the machine has first on its PATH. */
async function startByNpx() {
  const args = ['--no', 'tollgate', 'up', '--data-dir', folder, '--gateway-port', '0', '--control-port', '0'];
  const child = spawn('npx', args, { cwd: checkout, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { child, line, gateway: /gateway=(\S+)/.exec(line)?.[1] ?? '' };
}

it(
  '[CTL-5] npx runs it; when npx is stopped the gateway stops too, and the next start has the same data',
  { timeout: TIMEOUT_MS },
  async () => {
    const first = await startByNpx();
    expect(first.line).toMatch(/^tollgate ready gateway=http:\S+ control=http:\S+ admin_token=tga_\S+\n$/);
    expect((await fetch(`${first.gateway}/ready`)).status).toBe(200);
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    await vi.waitFor(() => expect(fetch(`${first.gateway}/health`)).rejects.toThrow(), {
      timeout: 60_000,
      interval: 100,
    });

    const second = await startByNpx();
    expect(second.line).toMatch(/^tollgate ready gateway=http:\S+ control=http:\S+\n$/);
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
    await vi.waitFor(() => expect(fetch(`${second.gateway}/health`)).rejects.toThrow(), {
      timeout: 60_000,
      interval: 100,
    });
  },
);
