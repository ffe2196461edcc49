import { vi } from 'vitest';
import { runCli } from '../run-cli.ts';

export interface CommandEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command in this process: a Node of its own for each would take minutes on a busy machine. */
export async function runInProcess(args: readonly string[]): Promise<CommandEnd> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text: string) => void stdout.push(`${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text: string) => void stderr.push(`${text}\n`)),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0),
  ];
  try {
    const code = await runCli([...args]);
    return { code, stdout: stdout.join(''), stderr: stderr.join('') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
