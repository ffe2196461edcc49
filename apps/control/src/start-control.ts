import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeWatch,
  applyConfig,
  createPasswordHasher,
  installPrices,
  loadSettings,
  type ApiServices,
  type LiveStore,
  type Settings,
  type PlanEntry,
  type SignInServices,
  type WindowShape,
} from '@tollgate/api/server';
import { systemClock, type AccountId, type Clock, type Invalidation, type Logger } from '@tollgate/core';
import {
  createOutboxDispatcher,
  createUsageSink,
  DECISION_PARTITIONS,
  POOL_PARTITIONS,
  USAGE_PARTITIONS,
  type PartitionedTable,
  type Database,
  type OutboxDispatcher,
  type SecretKey,
} from '@tollgate/db';
import { createOutboundPolicy } from '@tollgate/outbound';
import manifest from '../package.json' with { type: 'json' };
import { createAccountTester } from './account-test/test-account.ts';
import { createNoticeDelivery } from './alerts/channels/deliver-notice.ts';
import { NodeWatch } from './alerts/node-watch.ts';
import { createProxyUrlCheck } from './check-proxy-url.ts';
import { createUpstreamUrlCheck } from './check-upstream-url.ts';
import { createWebhookUrlCheck } from './check-webhook-url.ts';
import type { ControlConfig } from './control-config.ts';
import { createAlertJobs, createNodeWatchJob } from './jobs/evaluate-alerts.ts';
import { createPartitionJob } from './jobs/keep-partitions.ts';
import { createForgetAlertsJob } from './jobs/forget-alerts.ts';
import { createSignInJob } from './jobs/forget-sign-ins.ts';
import { createLostHoldJob, type LostHoldStore } from './jobs/book-lost-holds.ts';
import { createAlertSender } from './jobs/send-alerts.ts';
import { createNoticeJob } from './jobs/send-notices.ts';
import type { Job } from './jobs/periodic-job.ts';
import { waitAtMost } from './jobs/wait-at-most.ts';
import { createTokenRefreshJob, type TokenRefreshJob } from './jobs/refresh-tokens.ts';
import { createRequestListener } from './create-request-listener.ts';

export interface ControlOptions {
  config: Readonly<
    Pick<ControlConfig, 'host' | 'port' | 'bodyBytesMax' | 'oauthClients' | 'usageMonthsKept'> &
      Partial<
        Pick<
          ControlConfig,
          | 'decisionDaysKept'
          | 'alertDaysKept'
          | 'smtp'
          | 'mailFrom'
          | 'publicUrl'
          | 'trustedProxies'
          | 'alertIntervalMs'
          | 'sessionIdleMs'
          | 'sessionLifeMs'
        >
      >
  >;
  /** Migrated. Stays the caller's to close. */
  db: Database;
  secretKey: SecretKey;
  logger: Logger;
  /** CIDR list (OPS-6). */
  outboundAllow: readonly string[];
  /** Tells the nodes; the store's own. */
  publish(invalidations: readonly Invalidation[]): Promise<number>;
  /** Hears of accounts whose tokens gateways want refreshed (ACC-6); the store's own. Absent = only ahead of their end. */
  onTokenRefreshRequest?(onRequest: (accountId: AccountId) => void): Promise<() => Promise<void>>;
  /** MON-6: holds of nodes that were killed; the store's own. Absent = nobody books them. */
  lostHolds?: LostHoldStore;
  /** What admins see and clear of the nodes' state; absent = those calls answer PRECONDITION_FAILED. */
  live?: LiveStore;
  /** How the nodes count a minute; fixed when absent. */
  windowShape?: WindowShape;
  clock?: Clock;
}

export interface RunningControl {
  /** `http://host:port` */
  url: string;
  port: number;
  /** Applies the text of a configuration file as `system`. Throws with every problem of the file. */
  apply(configText: string): Promise<PlanEntry[]>;
  /**
   * Stops accepting, waits up to 2.5 s for running calls and jobs, also when the database gives no answer, and for
   * tokens that an upstream was asked for. Twice is once.
   */
  close(): Promise<void>;
}

/** How often rows are looked for that a crash left in the outbox; changes push their own at once. */
const OUTBOX_INTERVAL_MS = 1_000;
/** OPS-6 */
const TOKEN_TIMEOUT_MS = 10_000;
/** OPS-6 */
const TEST_STEP_TIMEOUT_MS = 10_000;
const CLOSE_WAIT_MS = 2_500;
/** The rows that a silent database keeps are told by the next control plane. */
const DISPATCHER_WAIT_MS = 500;
/** The defaults of the configuration. */
const SESSION_IDLE_MS = 43_200_000;
const SESSION_LIFE_MS = 604_800_000;
const ALERT_INTERVAL_MS = 30_000;
/** A database that gives no answer must not hold the start: the prices are put in force when it does. */
const PRICES_WAIT_MS = 5_000;
/** Slow clients must not hold sockets for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Serves the API over HTTP. Rejects when the port is taken. */
export async function startControl(options: ControlOptions): Promise<RunningControl> {
  const { config, db, logger, publish } = options;
  const dispatcher = createOutboxDispatcher({ db, publish, intervalMs: OUTBOX_INTERVAL_MS, logger });
  const clock = options.clock ?? systemClock;
  const services: ApiServices = {
    db,
    logger,
    secretKey: options.secretKey,
    clock,
    version: manifest.version,
    signIn: buildSignIn(config),
    settingDefaults: buildSettingDefaults(config),
    checkUpstreamUrl: createUpstreamUrlCheck(options.outboundAllow),
    checkProxyUrl: createProxyUrlCheck(options.outboundAllow),
    checkWebhookUrl: createWebhookUrlCheck(options.outboundAllow),
    testAccount: createAccountTester({
      policy: createOutboundPolicy({ allow: options.outboundAllow }),
      stepTimeoutMs: TEST_STEP_TIMEOUT_MS,
    }),
    live: options.live ?? null,
    windowShape: options.windowShape ?? 'fixed',
    changeWatch: options.live ? new ChangeWatch(options.live, clock) : null,
    afterCommit: (rowIds) => dispatcher.push(rowIds),
  };
  const server = createServer(createRequestListener(services, config.bodyBytesMax, config.trustedProxies));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.listen(config.port, config.host);
  await once(server, 'listening');
  dispatcher.start();
  const installed = installPrices({ services, actor: 'system' });
  await Promise.race([installed, sleep(PRICES_WAIT_MS, null, { ref: false })]);
  const refreshes = createTokenRefreshJob({
    db,
    logger,
    secretKey: options.secretKey,
    clock: services.clock,
    policy: createOutboundPolicy({ allow: options.outboundAllow }),
    clients: config.oauthClients,
    timeoutMs: TOKEN_TIMEOUT_MS,
    afterCommit: () => dispatcher.kick(),
  });
  refreshes.start();
  const jobs = [...startPeriodicJobs(options, services.clock), ...startAlertJobs(options, services.clock)];
  listenForWishes(options, refreshes);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: buildUrl(config.host, port),
    port,
    apply: (configText) => applyConfig({ services, actor: 'system' }, configText),
    close: () => (closing ??= closeAll(server, refreshes, jobs, dispatcher)),
  };
}

function buildSignIn({ publicUrl, sessionIdleMs, sessionLifeMs }: ControlOptions['config']): SignInServices {
  return {
    passwords: createPasswordHasher(),
    idleMs: sessionIdleMs ?? SESSION_IDLE_MS,
    lifeMs: sessionLifeMs ?? SESSION_LIFE_MS,
    publicUrl: publicUrl ?? null,
  };
}

function buildSettingDefaults({
  usageMonthsKept,
  decisionDaysKept = null,
  alertDaysKept = null,
}: ControlOptions['config']): Settings {
  return { usageMonthsKept, decisionDaysKept, alertDaysKept };
}

/** Two of them need something that not every control plane has. */
function startPeriodicJobs({ config, db, logger, lostHolds }: ControlOptions, clock: Clock): Job[] {
  const { smtp, mailFrom } = config;
  const readSetting = async (name: keyof Settings) =>
    (await loadSettings(db, buildSettingDefaults(config))).values[name];
  const keep = (table: PartitionedTable, setting: keyof Settings): Job =>
    createPartitionJob({ db, logger, clock, table, readKept: () => readSetting(setting) });
  const jobs = [
    keep(USAGE_PARTITIONS, 'usageMonthsKept'),
    keep(DECISION_PARTITIONS, 'decisionDaysKept'),
    keep(POOL_PARTITIONS, 'decisionDaysKept'),
    createForgetAlertsJob({ db, logger, readKept: () => readSetting('alertDaysKept') }),
    createSignInJob({ db, logger }),
    ...(lostHolds ? [createLostHoldJob({ store: lostHolds, sink: createUsageSink(db), logger })] : []),
    ...(smtp && mailFrom ? [createNoticeJob({ db, logger, smtp, from: mailFrom })] : []),
  ];
  for (const job of jobs) job.start();
  return jobs;
}

/** OPS-5 */
function startAlertJobs(options: ControlOptions, clock: Clock): Job[] {
  const { config, db, logger, secretKey, live = null } = options;
  const { smtp, mailFrom, alertIntervalMs: intervalMs = ALERT_INTERVAL_MS } = config;
  const nodeWatch = live && new NodeWatch(live, clock);
  const deliver = createNoticeDelivery({
    policy: createOutboundPolicy({ allow: options.outboundAllow }),
    secretKey,
    clock,
    mail: smtp && mailFrom ? { smtp, from: mailFrom } : null,
  });
  const jobs = [
    ...createAlertJobs({ db, clock, logger, live, nodeWatch, intervalMs }),
    createAlertSender({ db, logger, clock, deliver }),
    ...(nodeWatch ? [createNodeWatchJob({ nodeWatch, logger })] : []),
  ];
  for (const job of jobs) job.start();
  return jobs;
}

/** The store may be away: the control plane starts without it, and listens as soon as it is there. */
function listenForWishes(
  { onTokenRefreshRequest, logger }: ControlOptions,
  refreshes: TokenRefreshJob,
): void {
  onTokenRefreshRequest?.((accountId) => void refreshes.refreshNow(accountId)).catch((fault: unknown) =>
    logger.debug({ err: fault }, 'wishes for new tokens are not heard'),
  );
}

async function closeAll(
  server: Server,
  refreshes: TokenRefreshJob,
  jobs: readonly Job[],
  dispatcher: OutboxDispatcher,
): Promise<void> {
  const rounds = Promise.all(jobs.map((job) => job.stop()));
  await Promise.all([closeServer(server), refreshes.stop(), waitAtMost(rounds, CLOSE_WAIT_MS)]);
  await waitAtMost(dispatcher.stop(), DISPATCHER_WAIT_MS);
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_WAIT_MS);
  await closed;
  clearTimeout(timer);
}

/** A wildcard address is no place to connect to. */
function buildUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
