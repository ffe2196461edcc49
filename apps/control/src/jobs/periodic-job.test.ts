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
