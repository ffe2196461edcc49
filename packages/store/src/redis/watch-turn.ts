import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { askAccounts, askRpm, askSlot, candidate } from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { openMonitor } from './open-monitor.ts';

/** The calls that one turn with operations of two users and of accounts makes, on all of the servers. */
export function watchTurn(urls: readonly string[], store: Store, prefix: string): Promise<string[][]> {
  const take = askAccounts([candidate('x', 0)]);
  return watchCalls(urls, prefix, async () => {
    await Promise.all([
      store.admit(askSlot('a', 0)),
      store.takeAccount(take),
      store.admit(askRpm('a', 9)),
      store.admit(askSlot('b', 0)),
      store.takeAccount(take),
    ]);
    await store.ping();
  });
}

/** The calls that name the prefix, on all of the servers, from the beginning of `act` to its end. */
export async function watchCalls(
  urls: readonly string[],
  prefix: string,
  act: () => Promise<void>,
): Promise<string[][]> {
  const calls: string[][] = [];
  using monitors = new DisposableStack();
  const ends: (() => Promise<void>)[] = [];
  for (const url of urls) {
    const mark = randomUUID();
    const isOver = Promise.withResolvers<void>();
    const monitor = await openMonitor(url, ({ args, isOfScript }) => {
      if (args.includes(mark)) isOver.resolve();
      else if (!isOfScript && args.some((arg) => arg.includes(prefix))) calls.push(args);
    });
    monitors.use(monitor);
    ends.push(async () => {
      await leaveMark(url, mark);
      await isOver.promise;
    });
  }
  await act();
  await Promise.all(ends.map((end) => end()));
  return calls;
}

/** A monitor hears of commands later than their callers: what it has heard before the mark is all. */
async function leaveMark(url: string, mark: string): Promise<void> {
  const client = new Redis(url);
  await client.echo(mark);
  client.disconnect();
}
