import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { registerAccountBulkCommands } from './commands/account-bulk-commands.ts';
import { registerAccountClear } from './commands/account-clear.ts';
import { registerAccountStates } from './commands/account-states.ts';
import { registerAccountTest } from './commands/account-test.ts';
import { registerAlertCommands } from './commands/alert/alert-commands.ts';
import { registerAdminCommands } from './commands/admin-commands.ts';
import { registerApply } from './commands/apply.ts';
import { registerBalanceCommands } from './commands/balance-commands.ts';
import { registerAccountCreate } from './commands/create/account-create.ts';
import { registerGroupCreate } from './commands/create/group-create.ts';
import { registerUserCreate } from './commands/create/user-create.ts';
import { registerLists } from './commands/list/register-lists.ts';
import { registerControl } from './commands/control.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExport } from './commands/export.ts';
import { registerGateway } from './commands/gateway.ts';
import { registerKeyCreate } from './commands/key-create.ts';
import { registerKeyList } from './commands/key-list.ts';
import { registerKeyRevoke } from './commands/key-revoke.ts';
import { registerLedgerShow } from './commands/ledger-show.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerNodeList } from './commands/node-list.ts';
import { registerPricesImport } from './commands/prices/prices-import.ts';
import { registerPricesList } from './commands/prices/prices-list.ts';
import { registerPricesRerate } from './commands/prices/prices-rerate.ts';
import { registerPricesVersions } from './commands/prices/prices-versions.ts';
import { registerReconcile } from './commands/reconcile.ts';
import { registerRedeemCommands } from './commands/redeem-commands.ts';
import { registerRequestList } from './commands/request-list.ts';
import { registerRequestShow } from './commands/request-show.ts';
import { registerSettings } from './commands/settings-commands.ts';
import { registerSubscriptionCommands } from './commands/subscription-commands.ts';
import { registerUp } from './commands/up.ts';
import { registerUsageList } from './commands/usage-list.ts';
import { registerUserLimits } from './commands/user-limits.ts';
import { registerUserShow } from './commands/user-show.ts';

/**
 * Each adds one command; the order is that of `--help`. What runs a plane, or needs the database, is in actions/ and
 * loaded when it is called: some two thousand modules that no other command waits for.
 */
const COMMANDS: readonly ((program: Command) => void)[] = [
  registerUp,
  registerGateway,
  registerControl,
  registerMigrate,
  registerAdminCommands,
  registerApply,
  registerExport,
  registerGroupCreate,
  registerAccountCreate,
  registerUserCreate,
  registerKeyCreate,
  registerKeyList,
  registerKeyRevoke,
  registerNodeList,
  registerLists,
  registerUserShow,
  registerUserLimits,
  registerAccountStates,
  registerAccountClear,
  registerAccountTest,
  registerAccountBulkCommands,
  registerUsageList,
  registerRequestList,
  registerRequestShow,
  registerPricesList,
  registerPricesImport,
  registerPricesVersions,
  registerPricesRerate,
  registerBalanceCommands,
  registerLedgerShow,
  registerSubscriptionCommands,
  registerRedeemCommands,
  registerReconcile,
  registerAlertCommands,
  registerSettings,
  registerDoctor,
  registerDemo,
];

/** The whole `tollgate` command. Wrong usage throws CommanderError instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('tollgate')
    .description('A self-hosted gateway for LLM APIs.')
    .version(manifest.version)
    .showHelpAfterError('(--help shows how)')
    .exitOverride();
  for (const register of COMMANDS) register(program);
  return program;
}
