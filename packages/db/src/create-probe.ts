import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';

/** Tells a database that is silent from one that is busy. */
export interface Probe {
  /**
   * False = the server said nothing at all for so long. A refusal is an answer. On a connection of its own, as all of a
   * pool's may wait for good reasons; those who ask at the same time share the look.
   */
  answersWithin(ms: number): Promise<boolean>;
  close(): Promise<void>;
}

/** `open` makes a client for one connection; it is made when somebody asks, and anew when it was silent. */
export function createProbe(open: () => postgres.Sql): Probe {
  let client: postgres.Sql | null = null;
  let looking: Promise<boolean> | null = null;
  const close = async (): Promise<void> => {
    const gone = client;
    client = null;
    await gone?.end({ timeout: 0 });
  };
  const look = async (ms: number): Promise<boolean> => {
    client ??= open();
    const answered = client`select 1`.then(
      () => true,
      () => true,
    );
    const timer = new AbortController();
    const late = sleep(ms, false, { ref: false, signal: timer.signal }).catch(() => true);
    const isAnswering = await Promise.race([answered, late]);
    timer.abort();
    if (!isAnswering) void close();
    return isAnswering;
  };
  return {
    answersWithin(ms) {
      looking ??= look(ms).finally(() => (looking = null));
      return looking;
    },
    close,
  };
}
