import { startPostgresServer, type PostgresServer } from '@tollgate/testkit';
import { prepareFleet } from './fleet.ts';
import type { TollgateProcess } from './tollgate-process.ts';

/** A control plane with a Postgres of its own, which a test freezes. */
export interface FreezableControl {
  postgres: PostgresServer;
  control: TollgateProcess;
  stop(): Promise<void>;
}

export async function startFreezableControl(): Promise<FreezableControl> {
  const postgres = await startPostgresServer();
  const fleet = await prepareFleet({ postgresUrl: postgres.url, env: { TOLLGATE_LOG_LEVEL: 'silent' } });
  const control = await fleet.startControl();
  return {
    postgres,
    control,
    async stop() {
      postgres.signal('SIGCONT');
      await control.kill();
      await fleet.cleanUp();
      await postgres.stop();
    },
  };
}
