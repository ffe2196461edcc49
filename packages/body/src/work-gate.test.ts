import { describe, expect, it } from 'vitest';
import { WorkGate } from './work-gate.ts';

function deferred(): {
  work: () => Promise<string>;
  finish(value: string): void;
  fail(): void;
  started: boolean;
} {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = {
    started: false,
    work: () => {
      state.started = true;
      return promise;
    },
    finish: resolve,
    fail: () => reject(new Error('broken')),
  };
  return state;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('WorkGate', () => {
  it('runs so many at once, the rest in order', async () => {
    const gate = new WorkGate(1, 2);
    const [a, b, c] = [deferred(), deferred(), deferred()];
    const results = [gate.run(a.work), gate.run(b.work), gate.run(c.work)];
    expect([a.started, b.started, c.started, gate.waiting]).toEqual([true, false, false, 2]);
    a.finish('a');
    await settled();
    expect([b.started, c.started]).toEqual([true, false]);
    b.finish('b');
    c.finish('c');
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
  });

  it('refuses when the queue is full, and admits again after', async () => {
    const gate = new WorkGate(1, 1);
    const [a, b] = [deferred(), deferred()];
    const results = [gate.run(a.work), gate.run(b.work)];
    await expect(gate.run(deferred().work)).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    a.finish('a');
    b.finish('b');
    await Promise.all(results);
    expect(await gate.run(() => Promise.resolve('again'))).toBe('again');
  });

  it('with no queue at all, a free place is still used', async () => {
    expect(await new WorkGate(1, 0).run(() => Promise.resolve('a'))).toBe('a');
  });

  it('a failure frees the place', async () => {
    const gate = new WorkGate(1, 1);
    const [a, b] = [deferred(), deferred()];
    const [first, second] = [gate.run(a.work), gate.run(b.work)];
    a.fail();
    await expect(first).rejects.toThrow('broken');
    b.finish('b');
    expect(await second).toBe('b');
  });

  it('[REQ-7] a client that leaves frees its place in the queue at once', async () => {
    const gate = new WorkGate(1, 1);
    const [a, b, c] = [deferred(), deferred(), deferred()];
    const first = gate.run(a.work);
    const controller = new AbortController();
    const second = gate.run(b.work, controller.signal);
    controller.abort();
    expect(gate.waiting).toBe(0);
    await expect(second).rejects.toMatchObject({ code: 'client_closed' });
    const third = gate.run(c.work);
    a.finish('a');
    c.finish('c');
    expect([await first, await third, b.started]).toEqual(['a', 'c', false]);
  });

  it('work that runs goes on when its client leaves, and keeps its place', async () => {
    const gate = new WorkGate(1, 1);
    const a = deferred();
    const controller = new AbortController();
    const first = gate.run(a.work, controller.signal);
    controller.abort();
    await expect(first).rejects.toMatchObject({ code: 'client_closed' });
    const b = deferred();
    const second = gate.run(b.work);
    expect(b.started).toBe(false);
    a.finish('late');
    b.finish('b');
    expect(await second).toBe('b');
  });

  it('a signal that fired before is refused without a start', async () => {
    const a = deferred();
    const run = new WorkGate(1, 1).run(a.work, AbortSignal.abort());
    await expect(run).rejects.toMatchObject({ code: 'client_closed' });
    expect(a.started).toBe(false);
  });

  it('closing refuses who waits and who comes, and waits for what runs', async () => {
    const gate = new WorkGate(1, 1);
    const [a, b] = [deferred(), deferred()];
    const [first, second] = [gate.run(a.work), gate.run(b.work)];
    const closing = gate.close();
    await expect(second).rejects.toMatchObject({ code: 'unavailable' });
    await expect(gate.run(b.work)).rejects.toMatchObject({ code: 'unavailable' });
    a.finish('a');
    await closing;
    expect(await first).toBe('a');
  });
});
