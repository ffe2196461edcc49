import type { Command } from 'commander';
import type { UpFlags } from '../actions/run-up.ts';

export function registerUp(program: Command): void {
  program
    .command('up')
    .description(
      'Run both planes in one process; embedded database and store unless DATABASE_URL / REDIS_URL are set.',
    )
    .option('--config <file>', 'configuration file to apply at start')
    .option('--data-dir <dir>', 'folder of journal, secret key and embedded database')
    .option('--gateway-port <port>', 'port of the data plane; 0 = a free one')
    .option('--control-port <port>', 'port of the control plane; 0 = a free one')
    .action(async (flags: UpFlags) => (await import('../actions/run-up.ts')).runUp(flags));
}
