import { Redis } from 'ioredis';
import { askAccounts, askRpm, askSlot, candidate } from '../contract/harness.ts';
import type { Store } from '../port.ts';

/** The calls that one turn with operations of two users and of accounts makes, on all of the servers. */
export async function watchTurn(urls: readonly string[], store: Store, prefix: string): Promise<string[][]> {
  const calls: string[][] = [];
  const monitors = await Promise.all(urls.map((url) => new Redis(url).monitor()));
  for (const monitor of monitors) {
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua' && args.some((arg) => arg.includes(prefix))) calls.push(args);
    });
  }
  const take = askAccounts([candidate('x', 0)]);
  await Promise.all([
    store.admit(askSlot('a', 0)),
    store.takeAccount(take),
    store.admit(askRpm('a', 9)),
    store.admit(askSlot('b', 0)),
    store.takeAccount(take),
  ]);
  await store.ping();
  for (const monitor of monitors) monitor.disconnect();
  return calls;
}
