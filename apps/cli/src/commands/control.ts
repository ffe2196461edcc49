import type { Command } from 'commander';
import type { ControlFlags } from '../actions/run-control.ts';

export function registerControl(program: Command): void {
  program
    .command('control')
    .description('Run the control plane against DATABASE_URL and REDIS_URL.')
    .option('--data-dir <dir>', 'folder of the secret key, when TOLLGATE_SECRET_KEY is not set')
    .option('--control-host <address>', 'address to listen on')
    .option('--control-port <port>', 'port to listen on; 0 = a free one')
    .action(async (flags: ControlFlags) => (await import('../actions/run-control.ts')).runControl(flags));
}
