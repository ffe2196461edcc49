import type { Command } from 'commander';
import type { DoctorFlags } from '../actions/run-doctor.ts';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Look at everything that Tollgate depends on, with the settings of this environment, and say how to mend what is wrong. Exits with 1 when something is; warnings do not count.',
    )
    .option('--config <file>', 'also look at this configuration file and its upstreams')
    .option('--data-dir <dir>', 'folder of journal and secret key')
    .option('--json', 'print the findings as JSON')
    .action(async (flags: DoctorFlags) => (await import('../actions/run-doctor.ts')).runDoctor(flags));
}
