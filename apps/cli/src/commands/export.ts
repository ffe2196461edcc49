import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';

interface ExportFlags extends ConnectFlags {
  json?: boolean;
  full?: boolean;
}

export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description(
      'Print what is there as a file that `tollgate apply` takes. Secrets of accounts are references, keys are hashes.',
    )
    .option('--json', 'JSON in place of YAML')
    .option('--full', 'also fields that have their default: applying then undoes what was changed since');
  addConnectOptions(command).action(runExport);
}

async function runExport(flags: ExportFlags): Promise<void> {
  const format = flags.json ? 'json' : 'yaml';
  const { config } = await connect(flags).config.exportFile.query({ format, full: flags.full ?? false });
  process.stdout.write(config);
}
