import type { Logger } from '@tollgate/core';
import { openDatabase, SealError, verifySecretKey, type Database, type SecretKey } from '@tollgate/db';
import { parseGatewayConfig, startGateway } from '@tollgate/gateway';
import { createLogger } from '../create-logger.ts';
import { loadSecretKey } from '../load-secret-key.ts';
import { buildGatewayParts, createNodeId, ensureDataDir, openStore } from '../open-parts.ts';
import { waitForSignal } from '../wait-for-signal.ts';

export interface GatewayFlags {
  dataDir?: string;
  gatewayHost?: string;
  gatewayPort?: string;
}

export async function runGateway(flags: GatewayFlags): Promise<void> {
  const config = parseGatewayConfig({
    ...process.env,
    ...(flags.dataDir === undefined ? {} : { TOLLGATE_DATA_DIR: flags.dataDir }),
    ...(flags.gatewayHost === undefined ? {} : { TOLLGATE_GATEWAY_HOST: flags.gatewayHost }),
    ...(flags.gatewayPort === undefined ? {} : { TOLLGATE_GATEWAY_PORT: flags.gatewayPort }),
  });
  if (config.databaseUrl === null || config.redisUrl === null) {
    throw new Error('tollgate gateway needs DATABASE_URL and REDIS_URL; `tollgate up` runs without them');
  }
  ensureDataDir(config);
  const logger = createLogger(config.logLevel);
  const nodeId = createNodeId();
  const secretKey = loadSecretKey(config.secretKeyText, config.secretKeyFile);
  await using parts = new AsyncDisposableStack();
  const db = parts.adopt(openDatabase(config.databaseUrl, { applicationName: 'tollgate gateway' }), (it) =>
    it.close(),
  );
  await refuseWrongKey(db, secretKey, logger);
  const store = parts.adopt(await openStore(config, nodeId, logger), (it) => it.close());
  const gateway = parts.adopt(
    await startGateway(buildGatewayParts(config, db, store, secretKey, logger, nodeId)),
    (it) => it.close(),
  );
  // Before the line: who reads it may send the signal at once.
  const stopped = waitForSignal();
  console.log(`tollgate ready gateway=${gateway.url}`);
  await stopped;
}

/** A database that is away must not keep a gateway from starting: it may know all it needs from the store. */
async function refuseWrongKey(db: Database, secretKey: SecretKey, logger: Logger): Promise<void> {
  try {
    await verifySecretKey(db, secretKey);
  } catch (error) {
    if (error instanceof SealError) throw error;
    logger.warn({ err: error }, 'the secret key could not be checked: the database is away or not migrated');
  }
}
