import { randomBytes } from 'node:crypto';
import { silentLogger } from '@tollgate/core';
import { openDatabase, parseSecretKey, type Database } from '@tollgate/db';
import { createTestDatabase } from '@tollgate/testkit';
import { parseControlConfig } from '../control-config.ts';
import { ensureFirstAdminToken } from '../ensure-first-admin-token.ts';
import { startControl, type ControlOptions, type RunningControl } from '../start-control.ts';

/** May do everything. */
export const TEST_TOKEN = 'tga_test_0123456789abcdef';

/** A control plane on a database of its own, for tests. */
export interface TestControl extends Pick<RunningControl, 'url' | 'port' | 'apply'> {
  db: Database;
  databaseUrl: string;
  stop(): Promise<void>;
}

type TestControlOptions = Partial<Omit<ControlOptions, 'db' | 'config'>> & {
  config?: Partial<ControlOptions['config']>;
  /** Told of each statement that the control plane gives to its database. */
  onStatement?: (text: string) => void;
};

/** `config`: over the configuration's defaults. All else as `startControl` takes it; nobody is told of changes. */
export async function startTestControl(
  postgresUrl: string,
  { config, onStatement = () => {}, ...options }: TestControlOptions = {},
): Promise<TestControl> {
  const database = await createTestDatabase(postgresUrl);
  const db = openDatabase(database.url, { max: 6, onStatement });
  await ensureFirstAdminToken(db, { given: TEST_TOKEN });
  const control = await startControl({
    secretKey: parseSecretKey(randomBytes(32).toString('base64')),
    logger: silentLogger,
    outboundAllow: [],
    publish: async () => 0,
    ...options,
    config: { ...parseControlConfig({}), port: 0, ...config },
    db,
  });
  return {
    url: control.url,
    port: control.port,
    apply: control.apply,
    db,
    databaseUrl: database.url,
    async stop() {
      await control.close();
      await db.close();
      await database.drop();
    },
  };
}
