import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createPeriodicJob, type PeriodicJobOptions } from './periodic-job.ts';

function setUp(runRound: PeriodicJobOptions['runRound']) {
  const onFault = vi.fn<(fault: unknown) => void>();
  return { onFault, job: createPeriodicJob({ intervalMs: 5, runRound, onFault }) };
}

describe('periodic-job', () => {
  it('runs at once and again, and a round that fails is told and followed by others', async () => {
    let rounds = 0;
    const { job, onFault } = setUp(async () => {
      rounds += 1;
      if (rounds === 1) throw new Error('away');
    });
    job.start();
    await vi.waitFor(() => expect(rounds).toBeGreaterThan(2));
    expect(onFault).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'away' }));
    await job.stop();
  });

  it('has one round at a time: who asks meanwhile gets that one', async () => {
    let running = 0;
    let most = 0;
    let ended = 0;
    const { job } = setUp(async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(30);
      running -= 1;
      ended += 1;
    });
    job.start();
    await Promise.all([job.run(), job.run()]);
    expect([most, ended]).toEqual([1, 1]);
    await job.stop();
  });

  it('who needs a round that begins later gets one more, after the one under way', async () => {
    const begun: PromiseWithResolvers<void>[] = [];
    const { job } = setUp(() => {
      const round = Promise.withResolvers<void>();
      begun.push(round);
      return round.promise;
    });
    const first = job.run();
    let hasEnded = false;
    const wishes = Promise.all([job.runAnew(), job.runAnew()]).then(() => (hasEnded = true));
    expect(begun).toHaveLength(1);
    begun[0]?.resolve();
    await first;
    await vi.waitFor(() => expect(begun).toHaveLength(2));
    expect(hasEnded).toBe(false);
    begun[1]?.resolve();
    await wishes;
    expect(begun).toHaveLength(2);
    const alone = job.runAnew();
    begun[2]?.resolve();
    await alone;
    expect(begun).toHaveLength(3);
  });

  it('a wish that waits when it is stopped begins nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const runRound = vi.fn<() => Promise<void>>(() => promise);
    const { job } = setUp(runRound);
    void job.run();
    const wish = job.runAnew();
    const stopped = job.stop();
    resolve();
    await Promise.all([wish, stopped, job.runAnew()]);
    expect(runRound).toHaveBeenCalledOnce();
  });

  it('stop waits for the round under way, which hears of it, and begins no other', async () => {
    const heard: boolean[] = [];
    const { job } = setUp(async (stopping) => {
      await sleep(20);
      heard.push(stopping.aborted);
    });
    job.start();
    await job.stop();
    await job.run();
    await sleep(15);
    expect(heard).toEqual([true]);
  });

  it('[OPS-11] stop does not wait for ever for a round that hangs', async () => {
    const job = createPeriodicJob({
      intervalMs: 5,
      runRound: () => new Promise(() => {}),
      onFault: () => {},
      stopWaitMs: 20,
    });
    job.start();
    await job.stop();
    expect(await Promise.race([job.run(), sleep(20, 'hangs')])).toBe('hangs');
  });
});
