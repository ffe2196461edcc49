import {
  createId,
  systemClock,
  type Clock,
  type DecisionSink,
  type Invalidation,
  type Logger,
  type NodeId,
  type PriceSource,
  type UserId,
  type SnapshotSource,
  type TokenQuotaSource,
  type WindowCostSource,
} from '@tollgate/core';
import { createBodyPool } from '@tollgate/body';
import { createDeadlineTicker } from '@tollgate/forward';
import { openJournal, type UsageSink } from '@tollgate/journal';
import { messagesErrorShape } from '@tollgate/protocol';
import type { Store } from '@tollgate/store';
import manifest from '../package.json' with { type: 'json' };
import { buildAddressList } from '@tollgate/config';
import type { GatewayConfig } from './config.ts';
import { StreamChecks } from './conformance/stream-checks.ts';
import { DecisionQueue } from './decisions/decision-queue.ts';
import { createUpstreamClient } from './create-upstream-client.ts';
import { RunningDrains } from './hang-up/running-drains.ts';
import { PurseSeeder } from './money/purse-seeder.ts';
import { runPipeline, type PipelineServices } from './pipeline.ts';
import { InFlight } from './server/in-flight.ts';
import { startServer } from './server/index.ts';
import { PricesInForce } from './prices/prices-in-force.ts';
import { UnpricedUsage } from './prices/unpriced-usage.ts';
import {
  limitPriceTime,
  limitQuotaTime,
  limitSourceTime,
  limitWindowCostTime,
} from './snapshots/limit-source-time.ts';
import { OpenedAccounts } from './snapshots/opened-accounts.ts';
import { Snapshots } from './snapshots/snapshots.ts';
import { TokenRefresher } from './token-refresher.ts';
import { UnknownKeyGuard } from './snapshots/unknown-key-guard.ts';
import { TokenQuotaGuard } from './token-quota/token-quota-guard.ts';

/** What the data plane takes from outside; `up` and `gateway` decide which store and database it is. */
export interface GatewayParts {
  config: Readonly<GatewayConfig>;
  store: Store;
  source: SnapshotSource;
  tokenQuotas: TokenQuotaSource;
  windowCosts: WindowCostSource;
  prices: PriceSource;
  sink: UsageSink;
  decisions: DecisionSink;
  /** Opens the credentials of an account; the context is the account's id. */
  openSecret(sealed: string, context: string): string;
  logger: Logger;
  nodeId?: NodeId;
  clock?: Clock;
}

export interface Gateway {
  url: string;
  port: number;
  /** OPS-11: `/ready` fails, streams finish within the bound, the journal is flushed and shipped, leases go back. */
  close(): Promise<void>;
}

/** Wires the data plane and serves. Throws when the port is taken or the journal cannot be opened. */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, store, logger } = parts;
  const clock = parts.clock ?? systemClock;
  const nodeId = parts.nodeId ?? createId('node', clock.nowMs());
  const trustedProxies = buildAddressList(config.trustedProxies);
  // Closed in reverse order: at the end, or where the start fails half-way.
  await using opening = new AsyncDisposableStack();
  const source = limitSourceTime(parts.source, SOURCE_TIMEOUT_MS);
  const snapshots = new Snapshots(source, store, clock, logger);
  const tokenRefresher = new TokenRefresher({ store, snapshots, logger });
  const tokenQuotas = new TokenQuotaGuard({
    store,
    source: limitQuotaTime(parts.tokenQuotas, SOURCE_TIMEOUT_MS),
    clock,
    logger,
    status: config.tokenQuotaStatus,
  });
  const prices = new PricesInForce({
    source: limitPriceTime(parts.prices, SOURCE_TIMEOUT_MS),
    store,
    clock,
    logger,
  });
  opening.defer(
    await store.subscribe((invalidation: Invalidation) => {
      snapshots.apply(invalidation);
      const pricesApplied = prices.apply(invalidation);
      tokenRefresher.apply(invalidation);
      if (invalidation.scope === 'token-quota') tokenQuotas.changed(invalidation.userId as UserId);
      if (invalidation.scope === 'all') tokenQuotas.changedAll();
      return pricesApplied;
    }),
  );
  await prices.start();
  opening.defer(() => prices.stop());
  const bodies = createBodyPool({ threads: config.bodyThreads, queueMax: BODY_QUEUE_MAX, logger });
  opening.defer(() => bodies.close());
  const upstream = createUpstreamClient({
    outboundAllow: config.outboundAllow,
    connectionsPerOrigin: config.upstreamConnections,
  });
  opening.defer(() => upstream.close());
  const journal = await openJournal({
    dir: config.journalDir,
    sink: parts.sink,
    bytesMax: config.journalBytesMax,
    clock,
    logger,
    nodeId,
  });
  opening.defer(() => journal.stop({ shipWithinMs: SHIP_AT_STOP_MS }));
  const decisions = new DecisionQueue({ sink: parts.decisions, logger });
  opening.defer(() => decisions.stop(SHIP_AT_STOP_MS));
  const deadlines = createDeadlineTicker(clock);
  const drains = new RunningDrains(clock, deadlines);
  let isReady = false;
  let isDraining = false;
  /** Requests whose pipeline has not ended: an answer can be over a moment before its attempt is closed. */
  const running = new InFlight();
  const leaveRunning = (): void => running.leave();
  const about = { startedAtMs: clock.nowMs(), version: manifest.version, label: config.nodeLabel };
  store.announce(() => ({ ...about, inFlight: running.count }));

  const services: PipelineServices = {
    snapshots,
    unknownKeys: new UnknownKeyGuard(),
    trustedProxies,
    accounts: new OpenedAccounts(parts.openSecret),
    prices: prices.book,
    unpriced: new UnpricedUsage(),
    source,
    store,
    purses: new PurseSeeder({ source, store }),
    drains,
    streamChecks:
      config.streamCheckPercent > 0 ? new StreamChecks({ percent: config.streamCheckPercent, logger }) : null,
    tokenQuotas,
    windowShape: config.windowShape,
    tokenRefresher,
    windowCosts: limitWindowCostTime(parts.windowCosts, SOURCE_TIMEOUT_MS),
    journal,
    decisions,
    bodies,
    upstream,
    deadlines,
    clock,
    logger,
    nodeId,
    bodyBytesMax: config.bodyBytesMax,
    answerBytesMax: config.answerBytesMax,
    isReady: () => isReady,
    isDraining: () => isDraining,
  };
  const server = await startServer({
    host: config.host,
    port: config.port,
    errorShape: messagesErrorShape,
    clock,
    logger,
    onCut: () => drains.stopAll(),
    handle: (request, writer) => {
      running.enter();
      void runPipeline(request, writer, services).then(leaveRunning);
    },
  });
  isReady = true;
  const opened = opening.move();

  return {
    port: server.port,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.port}`,
    async close() {
      isDraining = true;
      const stopsAtMs = clock.monotonicMs() + config.drainMs;
      await server.close(config.drainMs);
      // Answers without a client are read on as long as the others may last.
      if (drains.count > 0) await running.drain(Math.max(0, stopsAtMs - clock.monotonicMs()));
      drains.stopAll();
      await running.drain(SETTLE_AT_STOP_MS);
      await opened.disposeAsync();
    },
  };
}

/** Large bodies that may wait for a worker; one more is refused with 503. */
const BODY_QUEUE_MAX = 256;
/** How long cut requests may take to close their attempts in the journal. */
const SETTLE_AT_STOP_MS = 1_000;
/** How long a stopping gateway waits for Postgres; what is left is shipped at the next start. */
const SHIP_AT_STOP_MS = 5_000;
/** LIM-11: a request whose key, accounts or balance no cache knows waits this long for Postgres; then 503. */
const SOURCE_TIMEOUT_MS = 2_000;
