import { CommanderError } from 'commander';
import { describeFailure } from './describe-failure.ts';
import { createProgram } from './register-commands.ts';
import { UsageError } from './usage-error.ts';

const EXIT_OK = 0;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Runs one command. Resolves with the exit code; what went wrong is on stderr, without a stack. */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    // A command that ends well may still have something to say by its code.
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT_OK;
  } catch (fault) {
    // Commander has written its own text already.
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    console.error(`tollgate: ${describeFailure(fault)}`);
    return fault instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  }
}
