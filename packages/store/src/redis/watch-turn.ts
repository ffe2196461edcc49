import { Redis } from 'ioredis';
import { askAccounts, askRpm, askSlot, candidate } from '../contract/harness.ts';
import type { Store } from '../port.ts';

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
  await using monitors = new AsyncDisposableStack();
  for (const url of urls) {
    const monitor = await new Redis(url).monitor();
    monitors.defer(() => monitor.disconnect());
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua' && args.some((arg) => arg.includes(prefix))) calls.push(args);
    });
  }
  await act();
  await Promise.all(urls.map((url) => waitForMonitor(url)));
  return calls;
}

/** A monitor hears of commands later than their callers: what it has heard after another round trip is all. */
async function waitForMonitor(url: string): Promise<void> {
  const client = new Redis(url);
  const heard = Promise.withResolvers<void>();
  const monitor = await client.duplicate().monitor();
  monitor.on('monitor', () => heard.resolve());
  await client.ping();
  await heard.promise;
  monitor.disconnect();
  client.disconnect();
}
