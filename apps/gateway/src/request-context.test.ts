import { describe, expect, it } from 'vitest';
import type { ClientListener } from './request-context.ts';
import { buildContext } from './testing/build-context.ts';

function buildListener(): ClientListener & { told: number } {
  return {
    told: 0,
    clientLeft() {
      this.told += 1;
    },
  };
}

describe('request-context: who waits for the client', () => {
  it('[REQ-7] is told when the client leaves', () => {
    const { context, writer } = buildContext();
    const listener = buildListener();
    context.clientListener = listener;
    expect(listener.told).toBe(0);
    writer.leave();
    expect(listener.told).toBe(1);
  });

  it('[REQ-7] is told at once of a client that has left already', () => {
    const { context, writer } = buildContext();
    writer.leave();
    const listener = buildListener();
    context.clientListener = listener;
    expect(listener.told).toBe(1);
  });

  it('is one at a time: the one before has nothing to do with it any more', () => {
    const { context, writer } = buildContext();
    const [first, second] = [buildListener(), buildListener()];
    context.clientListener = first;
    context.clientListener = second;
    writer.leave();
    expect([first.told, second.told]).toEqual([0, 1]);
  });

  it('nobody waits: a client that leaves troubles nobody', () => {
    const { context, writer } = buildContext();
    const listener = buildListener();
    context.clientListener = listener;
    context.clientListener = null;
    writer.leave();
    expect(listener.told).toBe(0);
  });
});
