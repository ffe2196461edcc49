import { join } from 'node:path';
import { ensureFirstAdminToken, parseControlConfig, startControl } from '@tollgate/control';
import { installSecretKey, migrate, openDatabase, startEmbeddedPostgres } from '@tollgate/db';
import { parseGatewayConfig, startGateway } from '@tollgate/gateway';
import { createLogger } from './create-logger.ts';
import { printFirstSetUpLink } from './first-set-up-link.ts';
import { loadSecretKey } from './load-secret-key.ts';
import { buildGatewayParts, createNodeId, ensureDataDir, openStore } from './open-parts.ts';

export interface UpOptions {
  /** Environment with the flags of the command laid over it. */
  env: Readonly<Record<string, string | undefined>>;
  /** Text of the configuration file to apply at start. */
  configText?: string;
}

export interface RunningSystem {
  gatewayUrl: string;
  controlUrl: string;
  /** The first admin token, once: null when the database already had one. */
  adminToken: string | null;
  /** For the first admin as a person: call it when {@link adminToken} is there. */
  printSetUpLink(): Promise<void>;
  /** Drains, ships, closes everything in the order of use. */
  close(): Promise<void>;
}

/** Both planes in this process. What was started is closed again when a later part fails. */
export async function startUp({ env, configText }: UpOptions): Promise<RunningSystem> {
  await using parts = new AsyncDisposableStack();
  const config = parseGatewayConfig(env);
  const controlConfig = parseControlConfig(env);
  ensureDataDir(config);
  const logger = createLogger(config.logLevel);
  const nodeId = createNodeId();
  const secretKey = loadSecretKey(config.secretKeyText, config.secretKeyFile);

  const databaseUrl = config.databaseUrl ?? (await startDatabase(parts, config.dataDir));
  const isEmbedded = config.databaseUrl === undefined;
  const options = { applicationName: 'tollgate up', isEmbedded };
  const db = parts.adopt(openDatabase(databaseUrl, options), (it) => it.close());
  await migrate(db);
  await installSecretKey(db, secretKey);
  const store = parts.adopt(await openStore(config, nodeId, logger), (it) => it.close());
  const adminToken = await ensureFirstAdminToken(db, { given: controlConfig.adminToken });
  const control = parts.adopt(
    await startControl({
      config: controlConfig,
      db,
      secretKey,
      logger,
      outboundAllow: config.outboundAllow,
      publish: (it) => store.publish(it),
      onTokenRefreshRequest: (onRequest) => store.onTokenRefreshRequest(onRequest),
      live: store,
      lostHolds: store,
      windowShape: config.windowShape,
    }),
    (it) => it.close(),
  );
  if (configText !== undefined) await control.apply(configText);
  const gateway = parts.adopt(
    await startGateway(buildGatewayParts(config, db, store, secretKey, logger, nodeId)),
    (it) => it.close(),
  );
  const running = parts.move();
  return {
    gatewayUrl: gateway.url,
    controlUrl: control.url,
    adminToken,
    printSetUpLink: () => printFirstSetUpLink(db, controlConfig.publicUrl ?? control.url),
    close: () => running.disposeAsync(),
  };
}

async function startDatabase(parts: AsyncDisposableStack, dataDir: string): Promise<string> {
  const embedded = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
  parts.defer(() => embedded.stop());
  return embedded.url;
}
