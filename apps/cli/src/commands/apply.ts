import type { Command } from 'commander';
import { findAllProblems } from '../config/find-all-problems.ts';
import { inspectConfigFile } from '../config/read-config-file.ts';
import { hasChanges, renderPlan } from '../config/render-plan.ts';
import { addChangeOptions, connectChanging, type ChangeFlags } from '../in-force.ts';
import { printJson } from '../output/print-json.ts';
import { UsageError } from '../usage-error.ts';

interface ApplyFlags extends ChangeFlags {
  dryRun?: boolean;
  prune?: boolean;
  exitCode?: boolean;
  schema?: boolean;
  json?: boolean;
}

/** Of --exit-code alone: 1 is a failure, 2 a wrong call. */
const EXIT_CHANGES = 3;

const EXIT_CODES = `
Exit codes: 0 done, 1 refused or failed (nothing was changed), 2 wrong call;
with --dry-run --exit-code also ${EXIT_CHANGES}: the plan has changes.

Secrets may be elsewhere: { env: NAME } or { file: PATH } in place of a key, a credential or a proxy.
With "optional: true" an object that exists keeps what it has when the variable or file is not there.`;

export function registerApply(program: Command): void {
  const command = program
    .command('apply')
    .description(
      'Make groups, accounts, users, keys and overrides as a YAML file says, in one transaction. Nothing is deleted without --prune.',
    )
    .argument('[file]', 'the file; - = standard input')
    .option('--dry-run', 'show the plan and change nothing')
    .option('--prune', 'delete what the file does not name, of the kinds whose list is in the file')
    .option('--exit-code', `with --dry-run: end with ${EXIT_CHANGES} when there is something to change`)
    .option('--json', 'print the plan as JSON')
    .option('--schema', 'print the JSON schema of the file and stop')
    .addHelpText('after', EXIT_CODES);
  addChangeOptions(command).action(runApply);
}

async function runApply(file: string | undefined, flags: ApplyFlags): Promise<void> {
  if (flags.schema) {
    const { buildConfigJsonSchema } = await import('@tollgate/api/server');
    printJson(buildConfigJsonSchema());
    return;
  }
  if (file === undefined) throw new UsageError('which file? (--help shows how)');
  const { dryRun = false, prune = false } = flags;
  if (flags.exitCode && !dryRun) throw new UsageError('--exit-code goes with --dry-run');
  const { client, describeInForce } = connectChanging(flags);
  const { text: config, problems } = await inspectConfigFile(file, process.env);
  if (problems.length > 0) {
    const rehearse = () => client.config.applyFile.mutate({ config, dryRun: true, prune });
    throw new Error(await findAllProblems(problems, rehearse));
  }
  const { plan } = await client.config.applyFile.mutate({ config, dryRun, prune });
  const inForce = await describeInForce();
  if (flags.json) printJson(plan);
  else console.log([renderPlan(plan, dryRun), ...(inForce === null ? [] : [inForce])].join('\n'));
  if (flags.exitCode && hasChanges(plan)) process.exitCode = EXIT_CHANGES;
}
