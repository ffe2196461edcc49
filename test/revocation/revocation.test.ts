import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startDeafProxy, type DeafProxy } from '../harness/deaf-proxy.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { askGateway, openAgent, runLoad } from './ask-gateway.ts';
import { startRevocationSite, type RevocationPlan, type RevocationSite } from './revocation-site.ts';
import { revokeKey } from './revoke-key.ts';

/** The short form of `npm run prove:revocation`: two nodes that hear all, one that hears no invalidation. */
const PLAN: RevocationPlan = { nodes: 3, keys: 24, loadKeys: 10, loadClients: 1 };
const DEAF = 2;
const REVOCATIONS = 6;
/** Far more than a node may take; far less than the 15 s that its L1 lives. */
const IN_FORCE_WITHIN_MS = 10_000;
/** Four processes, on a machine that may have other work. */
const START_WITHIN_MS = 300_000;

describe('a key is revoked under load', () => {
  let deaf: DeafProxy;
  let site: RevocationSite;
  const agent = openAgent();
  const load = new AbortController();
  let loading: Promise<number>;

  beforeAll(async () => {
    deaf = await startDeafProxy(inject('redisUrl'));
    site = await startRevocationSite(PLAN, { mapRedisUrl: (node) => (node === DEAF ? deaf.url : null) });
    loading = runLoad(site.gateways, site.loadKeys, PLAN.loadClients, load.signal);
  }, START_WITHIN_MS);
  afterAll(async () => {
    load.abort();
    expect(await loading).toBeGreaterThan(0);
    agent.destroy();
    await site.stop();
    await deaf.stop();
  });

  it('[AUTH-6] after the answer that says "in force on every node" no node accepts it, not even one that is deaf', async () => {
    for (let count = 0; count < REVOCATIONS; count += 1) {
      const key = site.takeKey();
      const { acceptedAfter, change } = await revokeKey(site, key, {
        agent,
        waitMs: IN_FORCE_WITHIN_MS,
        deadWithinMs: IN_FORCE_WITHIN_MS,
        pauseMs: 0,
      });
      expect(change?.inForce).toMatchObject({ nodes: PLAN.nodes, of: PLAN.nodes });
      expect(change?.inForce?.afterMs).toEqual(expect.any(Number));
      expect(acceptedAfter).toBe(0);
    }
    expect(deaf.eaten).toBeGreaterThanOrEqual(REVOCATIONS);
  });

  it('[AUTH-6] a node that did not hear is named as late; the others are in force, and never again accept the key', async () => {
    const { id, plainKey } = site.takeKey();
    for (const gateway of site.gateways) expect(await askGateway(gateway, plainKey, agent)).toBe(200);
    // The deaf node looks once a second for what it missed: it may have looked just now.
    const late = await findLate(async () => {
      await site.admin.keys.update.mutate({ id, status: 'disabled' });
      const { number } = await site.admin.nodes.list.query();
      const { nodes } = await site.admin.changes.inForce.query({ number });
      await site.admin.keys.update.mutate({ id, status: 'active' });
      return nodes.filter(({ state }) => state === 'late').map(({ label }) => label);
    });
    expect(late).toContain(`node-${DEAF}`);
    await site.admin.keys.update.mutate({ id, status: 'disabled' });
    const { number } = await site.admin.nodes.list.query();
    const inForce = await site.admin.changes.inForce.query({ number, waitMs: IN_FORCE_WITHIN_MS });
    expect(inForce).toMatchObject({ isInForce: true });
    for (const gateway of site.gateways) expect(await askGateway(gateway, plainKey, agent)).toBe(401);
  });

  it('[AUTH-6] deleting a key revokes it as well', async () => {
    const { id, plainKey } = site.takeKey();
    for (const gateway of site.gateways) expect(await askGateway(gateway, plainKey, agent)).toBe(200);
    await site.admin.keys.delete.mutate({ id });
    const { number } = await site.admin.nodes.list.query();
    expect(await site.admin.changes.inForce.query({ number, waitMs: IN_FORCE_WITHIN_MS })).toMatchObject({
      isInForce: true,
    });
    for (const gateway of site.gateways) expect(await askGateway(gateway, plainKey, agent)).toBe(401);
  });

  it('[AUTH-6] lists the nodes with label, version and how far they are', async () => {
    await waitUntil('all are there and level', async () => {
      const { items } = await site.admin.nodes.list.query();
      return items.length === PLAN.nodes && items.every(({ lag, state }) => lag === 0 && state === 'live');
    });
    const { items } = await site.admin.nodes.list.query();
    expect(items.map(({ label }) => label).toSorted()).toEqual(['node-0', 'node-1', 'node-2']);
    expect(items.every(({ version }) => version === '0.1.0')).toBe(true);
    for (const { startedAt } of items)
      expect(Date.parse(startedAt ?? '')).toBeGreaterThan(Date.now() - 600_000);
  });

  /** Asks until a node is late: it is only between a change and its next look. */
  async function findLate(ask: () => Promise<(string | null)[]>): Promise<(string | null)[]> {
    for (let tries = 0; tries < 20; tries += 1) {
      const late = await ask();
      if (late.length > 0) return late;
      await sleep(100);
    }
    return [];
  }
});
