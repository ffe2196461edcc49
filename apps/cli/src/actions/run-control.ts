import { join } from 'node:path';
import { ensureFirstAdminToken, parseControlConfig, startControl } from '@tollgate/control';
import { installSecretKey, migrate, openDatabase } from '@tollgate/db';
import { createLogger } from '../create-logger.ts';
import { printFirstSetUpLink } from '../first-set-up-link.ts';
import { loadSecretKey } from '../load-secret-key.ts';
import { createNodeId, openRedisStore } from '../open-parts.ts';
import { waitForSignal } from '../wait-for-signal.ts';

/** By then the control plane has waited for what runs: what is left has no answer from a silent database. */
const DATABASE_CLOSE_MS = 500;

export interface ControlFlags {
  dataDir?: string;
  controlHost?: string;
  controlPort?: string;
}

export async function runControl(flags: ControlFlags): Promise<void> {
  const config = parseControlConfig({
    ...process.env,
    ...(flags.dataDir === undefined ? {} : { TOLLGATE_DATA_DIR: flags.dataDir }),
    ...(flags.controlHost === undefined ? {} : { TOLLGATE_CONTROL_HOST: flags.controlHost }),
    ...(flags.controlPort === undefined ? {} : { TOLLGATE_CONTROL_PORT: flags.controlPort }),
  });
  const { databaseUrl, redisUrl } = config;
  if (databaseUrl === null || redisUrl === null) {
    throw new Error('tollgate control needs DATABASE_URL and REDIS_URL; `tollgate up` runs without them');
  }
  const logger = createLogger(config.logLevel);
  const secretKey = loadSecretKey(config.secretKeyText, join(config.dataDir, 'secret.key'));
  await using parts = new AsyncDisposableStack();
  const db = parts.adopt(openDatabase(databaseUrl, { applicationName: 'tollgate control' }), (it) =>
    it.close(DATABASE_CLOSE_MS),
  );
  await migrate(db);
  await installSecretKey(db, secretKey);
  const nodeId = createNodeId();
  const store = parts.adopt(
    openRedisStore({ ...config, redisUrl }, { nodeId, isNode: false, logger }),
    (it) => it.close(),
  );
  const { outboundAllow, windowShape } = config;
  const publish = store.publish.bind(store);
  const control = parts.adopt(
    await startControl({
      config,
      db,
      secretKey,
      logger,
      outboundAllow,
      publish,
      live: store,
      lostHolds: store,
      windowShape,
      onTokenRefreshRequest: (onRequest) => store.onTokenRefreshRequest(onRequest),
    }),
    (it) => it.close(),
  );
  const token = await ensureFirstAdminToken(db, { given: config.adminToken });
  if (token !== null) await printFirstSetUpLink(db, config.publicUrl ?? control.url);
  // Before the line: who reads it may send the signal at once.
  const stopped = waitForSignal();
  console.log(`tollgate ready control=${control.url}${token === null ? '' : ` admin_token=${token}`}`);
  await stopped;
}
