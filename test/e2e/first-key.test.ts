import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTollgate, startTollgate, type TollgateProcess } from '../harness/tollgate-process.ts';

const runFile = promisify(execFile);
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 240_000;

let folder: string;
let simulator: Simulator;
let system: TollgateProcess;

/** As `npm start` does, with the example, on free ports and in a folder of its own. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-first-key-'));
  simulator = await startSimulator();
  const start = ['up', '--config', join(checkout, 'tollgate.example.yaml')];
  system = await startTollgate([...start, '--gateway-port', '0', '--control-port', '0'], {
    TOLLGATE_DATA_DIR: folder,
    TOLLGATE_LOG_LEVEL: 'warn',
    TOLLGATE_OUTBOUND_ALLOW: '127.0.0.0/8',
  });
});
afterAll(async () => {
  await system.stop();
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The code blocks of the section, line for line. */
function readBlocks(): string[] {
  const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
  const section = readme.split('### The first key of your own\n')[1] ?? '';
  return [...section.matchAll(/```\n([^`]*)```/g)].slice(0, 2).map((match) => match[1] ?? '');
}

/** What a person puts in: the token, the upstream's key. And what a test has elsewhere: the ports, the upstream. */
function fillIn(text: string): string {
  return text
    .replace('tga_…', system.ready['admin_token'] ?? '')
    .replace('sk-ant-…', 'sk-ant-of-a-newcomer')
    .replace('http://127.0.0.1:8787', system.ready['gateway'] ?? '')
    .replace(/(account create .*)/, `$1 --base-url ${simulator.url}`);
}

it(
  '[CTL-5] the README leads from npm start to an own key, and an answer, in five commands',
  { timeout: LIMIT_MS },
  async () => {
    const [commands = '', request = ''] = readBlocks();
    expect(commands.trim().split('\n')).toHaveLength(5);
    simulator.setScript(() => ({ text: 'Welcome.' }));
    const script = fillIn(`set -e\n${commands}${request}`);
    const { stdout } = await runFile('bash', ['-c', script], {
      cwd: checkout,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '/',
        TOLLGATE_URL: system.ready['control'] ?? '',
      },
    });
    expect(stdout).toMatch(/^group claude \(grp_\w+\)\naccount claude-1 \(acc_\w+\) at http:/);
    expect(stdout).toContain('user ann@example.com');
    expect(stdout).toContain('Welcome.');
    expect(stdout).not.toContain('sk-ant-of-a-newcomer');
    const env = {
      TOLLGATE_URL: system.ready['control'] ?? '',
      TOLLGATE_TOKEN: system.ready['admin_token'] ?? '',
    };
    const exported = await runTollgate(['export'], env);
    expect(exported).toContain('- name: claude-1');
    expect(exported).not.toContain('sk-ant-of-a-newcomer');
    const asked = simulator.requests.at(-1);
    expect(asked?.headers['x-api-key']).toBe('sk-ant-of-a-newcomer');
  },
);
