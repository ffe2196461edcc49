import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAccuracyConfig } from '../bench/accuracy/build-accuracy-config.ts';
import { measureFleet, type AccuracyPlan, type AccuracyResult } from '../bench/accuracy/measure-fleet.ts';
import { startUpstreamThread, type UpstreamThread } from '../bench/accuracy/upstream-thread.ts';
import { startTopology, type Topology } from '../harness/topology.ts';

/** Few slots and requests, so that a slow machine comes to the limits as well. */
const PLAN: AccuracyPlan = {
  fleets: [2],
  rpm: 100,
  userSlots: 8,
  accountSlots: 4,
  accounts: 2,
  connections: 32,
  lightConnections: 8,
  beforeTurnMs: null,
  windowsMs: 3_000,
  waitingMs: 2_500,
  fairnessMs: 3_000,
};
const LATENCY_MS = 20;

/** The short form of `npm run bench:accuracy`: counts only, no times. */
describe('limits over two nodes under load', () => {
  let upstream: UpstreamThread;
  let topology: Topology;
  let result: AccuracyResult;

  beforeAll(async () => {
    upstream = await startUpstreamThread(LATENCY_MS);
    topology = await startTopology('fleet', buildAccuracyConfig(upstream.url, PLAN));
    result = await measureFleet(topology.gateways, upstream, PLAN);
  }, 120_000);
  afterAll(async () => {
    await topology.stop();
    await upstream.stop();
  });

  it('[LIM-1] never lets more in than the window allows, and refuses nobody while it has room', () => {
    const wasFull = result.windows.some(({ admitted, refused }) => admitted === PLAN.rpm && refused > 0);
    expect(wasFull).toBe(true);
    for (const window of result.windows) expect(window).toMatchObject({ overshoot: 0, wronglyRefused: 0 });
  });

  it('[LIM-5] whoever waits is served: nothing is refused for want of a slot', () => {
    expect(result.otherAnswers).toEqual([]);
  });

  it('[LIM-4] [SEL-2] the upstream never sees more at once than a user or an account may have', () => {
    expect(result).toMatchObject({ userMax: PLAN.userSlots, accountMax: PLAN.accountSlots });
  });

  it('[LIM-5] the light user gets its part of a busy account, with its weight', () => {
    // First come, first served would give it a half; by weight it gets a half and three quarters.
    expect(result.lightShareThreefold).toBeGreaterThan(result.lightShare);
  });
});
