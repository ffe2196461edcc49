import { runCli } from './run-cli.ts';

/** How long sockets may take to close after the command's end. */
const HELD_MS_MAX = 1_000;

// A reader that has enough (`tollgate usage list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2));
// Everything is closed by now. A peer that has gone silent never confirms that: it must not hold the process.
process.stdout.write('', () => void setTimeout(() => process.exit(), HELD_MS_MAX).unref());
