import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const runFile = promisify(execFile);
const ENTRY = fileURLToPath(new URL('../../apps/cli/bin/tollgate.js', import.meta.url));

const running = new Set<ChildProcess>();

/** For what a test that failed half-way has left behind. */
export function killLeftOvers(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Nothing else of this process's environment reaches a program. The compile cache is what makes starts cheap. */
function selectOwnEnv(): Record<string, string> {
  const { PATH = '', HOME = '/', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE };
}

export interface TollgateProcess {
  child: ChildProcess;
  /** The fields of the ready line: `gateway`, `control`, `admin_token`. */
  ready: Record<string, string>;
  stderr(): string;
  /** SIGTERM and the exit code; killed after 20 s. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts `tollgate <args>` as a real process and waits for its ready line. */
export async function startTollgate(
  args: readonly string[],
  env: Record<string, string>,
): Promise<TollgateProcess> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...selectOwnEnv(), ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-200_000);
  });
  const exited = once(child, 'exit');
  const line = await Promise.race([
    readReadyLine(child),
    exited.then(([code]) => {
      throw new Error(`tollgate ${args.join(' ')} ended with ${String(code)}:\n${stderr}`);
    }),
  ]);
  return {
    child,
    ready: Object.fromEntries(
      [...line.matchAll(/(\w+)=(\S+)/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
    ),
    stderr: () => stderr,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await exited;
      clearTimeout(timer);
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function readReadyLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const line = text.split('\n').find((candidate) => candidate.startsWith('tollgate ready'));
      if (line !== undefined && text.includes('\n')) resolve(line);
    });
  });
}

/** Runs a command to its end. Rejects with its stderr on another exit code than 0. */
export async function runTollgate(args: readonly string[], env: Record<string, string>): Promise<string> {
  const { stdout } = await runFile(process.execPath, [ENTRY, ...args], {
    env: { ...selectOwnEnv(), ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
