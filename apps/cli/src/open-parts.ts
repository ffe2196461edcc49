import { mkdirSync } from 'node:fs';
import { createId, systemClock, type Logger, type NodeId } from '@tollgate/core';
import {
  createDecisionSink,
  createPriceSource,
  createSnapshotSource,
  createTokenQuotaSource,
  createUsageSink,
  createWindowCostSource,
  openSecret,
  type Database,
  type SecretKey,
} from '@tollgate/db';
import type { GatewayConfig, GatewayParts } from '@tollgate/gateway';
import { createLocalStore, createRedisStore, createResilientStore } from '@tollgate/store';
import type { DirectStore, Store } from '@tollgate/store';

/** Redis when there is a URL, with the store of this process behind it (LIM-11); else that alone. */
export async function openStore(
  config: Readonly<GatewayConfig>,
  nodeId: NodeId,
  logger: Logger,
): Promise<Store> {
  if (config.redisUrl === null) return createLocalStore({ nodeId, logger });
  return createResilientStore({
    primary: openRedisStore({ ...config, redisUrl: config.redisUrl }, { nodeId, logger }),
    local: createLocalStore({ logger }),
    policy: config.degradedLimits,
    graceMs: config.degradedGraceMs,
    logger,
  });
}

/** One Redis, or several nodes of a Cluster, comma separated. */
export function openRedisStore(
  config: { redisUrl: string; redisIsCluster: boolean; redisPrefix: string; redisTimeoutMs: number },
  options: { nodeId: NodeId; logger: Logger; isNode?: boolean },
): DirectStore {
  const shared = { ...options, prefix: config.redisPrefix, callTimeoutMs: config.redisTimeoutMs };
  if (!config.redisIsCluster) return createRedisStore({ ...shared, url: config.redisUrl });
  const [first = '', ...others] = config.redisUrl.split(',').map((url) => url.trim());
  return createRedisStore({ ...shared, isCluster: true, urls: [first, ...others] });
}

export function createNodeId(): NodeId {
  return createId('node', systemClock.nowMs());
}

export function ensureDataDir(config: Readonly<GatewayConfig>): void {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
}

/** The data plane's view of a database: snapshots in, usage out. */
export function buildGatewayParts(
  config: Readonly<GatewayConfig>,
  db: Database,
  store: Store,
  secretKey: SecretKey,
  logger: Logger,
  nodeId: NodeId,
): GatewayParts {
  return {
    config,
    store,
    logger,
    nodeId,
    source: createSnapshotSource(db),
    tokenQuotas: createTokenQuotaSource(db),
    windowCosts: createWindowCostSource(db),
    prices: createPriceSource(db),
    sink: createUsageSink(db, { logger, nodeId }),
    decisions: createDecisionSink(db),
    openSecret: (sealed, context) => openSecret(sealed, secretKey, context),
  };
}
