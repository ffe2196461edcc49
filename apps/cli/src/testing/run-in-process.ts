import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { runCli } from '../run-cli.ts';

export interface CommandEnd {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandInput {
  /** In place of what the machine has of these; the other variables are as they are. */
  env?: Record<string, string>;
  stdin?: string;
}

/** Where commands look for the place to work on. */
const PLACES = ['DATABASE_URL', 'TOLLGATE_URL', 'TOLLGATE_TOKEN', 'TOLLGATE_CONTROL_URL'];

/** A command in this process, one at a time: a Node of its own for each would take minutes on a busy machine. */
export async function runInProcess(
  args: readonly string[],
  { env = {}, stdin = '' }: CommandInput = {},
): Promise<CommandEnd> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text: string) => void stdout.push(`${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text: string) => void stderr.push(`${text}\n`)),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0),
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([stdin]) as typeof process.stdin),
  ];
  for (const name of PLACES) vi.stubEnv(name, env[name]);
  const { exitCode } = process;
  try {
    const code = await runCli([...args]);
    return { code, stdout: stdout.join(''), stderr: stderr.join('') };
  } finally {
    process.exitCode = exitCode;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}
