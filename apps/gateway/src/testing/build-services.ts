import { ZERO_USD, type NodeId } from '@tollgate/core';
import { scanMessagesBody, scanProtocolBody, type BodyPool } from '@tollgate/body';
import { createDeadlineTicker } from '@tollgate/forward';
import { builtInPriceBook } from '@tollgate/pricing';
import { createLocalStore } from '@tollgate/store';
import { buildAddressList } from '@tollgate/config';
import { translateRequest } from '@tollgate/translate';
import { RunningDrains } from '../hang-up/running-drains.ts';
import { PurseSeeder } from '../money/purse-seeder.ts';
import { UnpricedUsage } from '../prices/unpriced-usage.ts';
import { OpenedAccounts } from '../snapshots/opened-accounts.ts';
import { Snapshots } from '../snapshots/snapshots.ts';
import { UnknownKeyGuard } from '../snapshots/unknown-key-guard.ts';
import type { ForwardServices } from '../stages/forward-options.ts';
import { TokenQuotaGuard } from '../token-quota/token-quota-guard.ts';
import { MemoryQuotaSource } from './memory-quota-source.ts';
import { buildPool, GROUP_ID } from './build-snapshots.ts';
import { FakeUpstream } from './fake-upstream.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDecisions } from './memory-decisions.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemorySource } from './memory-source.ts';
import { RecordingLogger } from './recording-logger.ts';

/** Scans and translates on the loop, whatever the size. */
const inlineBodies: BodyPool = {
  scanBody: (body) => ({ body, result: scanMessagesBody(body) }),
  scanInWorker: async (body) => ({ body, result: scanMessagesBody(body) }),
  translate: (body, options) => ({ body, result: translateRequest(body, options) }),
  scanProtocol: (protocol, body) => ({ body, result: scanProtocolBody(protocol, body) }),
  waiting: 0,
  close: async () => {},
};

/** All that the pipeline takes, with the in-process store and one account; each test changes what it is about. */
export function buildServices() {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const source = new MemorySource();
  const store = createLocalStore({ clock, logger });
  const quotaSource = new MemoryQuotaSource();
  const deadlines = createDeadlineTicker(clock, 5);
  source.pools.set(GROUP_ID, buildPool());
  return {
    clock,
    logger,
    source,
    store,
    tokenQuotas: new TokenQuotaGuard({ store, source: quotaSource, clock, logger, status: 400 }),
    quotaSource,
    purses: new PurseSeeder({ source, store }),
    drains: new RunningDrains(clock, deadlines),
    streamChecks: null,
    windowShape: 'fixed' as const,
    windowCosts: { sumWindowCost: async () => ZERO_USD },
    tokenRefresher: { refresh: async () => null } as ForwardServices['tokenRefresher'],
    journal: new MemoryJournal(),
    decisions: new MemoryDecisions(),
    upstream: new FakeUpstream(),
    snapshots: new Snapshots(source, store, clock, logger),
    unknownKeys: new UnknownKeyGuard(),
    trustedProxies: buildAddressList(['10.0.0.0/8']),
    // Not sealed: what packages/db does is not the subject here.
    accounts: new OpenedAccounts((sealed) => sealed),
    prices: builtInPriceBook,
    unpriced: new UnpricedUsage(),
    bodies: inlineBodies,
    deadlines,
    nodeId: 'nod_1' as NodeId,
    bodyBytesMax: 1_000_000,
    answerBytesMax: 1_000_000,
    isReady: () => true,
    isDraining: () => false,
  };
}

export type TestServices = ReturnType<typeof buildServices>;
