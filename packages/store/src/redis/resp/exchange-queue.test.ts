import { describe, expect, it } from 'vitest';
import { ExchangeQueue } from './exchange-queue.ts';
import { ConnectionLostError, type RespOutcome } from './reply.ts';

describe('what waits for replies', () => {
  it('gets its own replies, in order, also with thousands waiting', () => {
    const queue = new ExchangeQueue();
    const seen: RespOutcome[][] = [];
    for (let index = 0; index < 2_000; index += 1)
      queue.add(1 + (index % 2), (replies) => seen.push(replies));
    for (let reply = 0; reply < 3_000; reply += 1) expect(queue.take(reply)).toBe(true);
    expect(queue.take(3_000)).toBe(false);
    expect(seen).toHaveLength(2_000);
    expect(seen.flat()).toEqual(Array.from({ length: 3_000 }, (_, reply) => reply));
    expect(seen.every((replies, index) => replies.length === 1 + (index % 2))).toBe(true);
  });

  it('keeps the replies that came and gets the fault for the others, once', () => {
    const queue = new ExchangeQueue();
    const seen: RespOutcome[][] = [];
    queue.add(1, (replies) => seen.push(replies));
    queue.add(2, (replies) => seen.push(replies));
    queue.add(1, (replies) => seen.push(replies));
    queue.take('a');
    queue.take('b');
    const fault = new ConnectionLostError('gone');
    queue.fail(fault);
    queue.fail(fault);
    expect(seen).toEqual([['a'], ['b', fault], [fault]]);
    expect(queue.take('late')).toBe(false);
  });
});
