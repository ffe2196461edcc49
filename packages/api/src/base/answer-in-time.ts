import { TRPCError } from '@trpc/server';
import type { Database } from '@tollgate/db';

/** Most calls are over by then, and nobody looks. */
const PATIENCE_MS = 4_000;
/** Twice, as a process that was busy itself hears of an answer late. */
const LOOKS = 2;
const LOOK_MS = 3_000;

/**
 * What `work` gives, however long it takes, while the database says anything at all; SERVICE_UNAVAILABLE once it has
 * been silent for some ten seconds: a frozen one would keep every caller for as long as it is. `onGivenUp` hears of it
 * first; the work itself cannot be ended and may still be going on.
 */
export async function answerInTime<Result>(
  db: Database,
  work: () => Promise<Result>,
  onGivenUp: () => void,
): Promise<Result> {
  const over = new AbortController();
  try {
    return await Promise.race([work(), failWhenSilent(db, over.signal, onGivenUp)]);
  } finally {
    over.abort();
  }
}

async function failWhenSilent(db: Database, signal: AbortSignal, onGivenUp: () => void): Promise<never> {
  do await rest(PATIENCE_MS, signal);
  while (await isAnswering(db));
  onGivenUp();
  throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'the database gives no answer' });
}

/** Never comes back when the work is over. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref();
    signal.addEventListener('abort', () => clearTimeout(timer));
    if (signal.aborted) clearTimeout(timer);
  });
}

async function isAnswering(db: Database): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) if (await db.answersWithin(LOOK_MS)) return true;
  return false;
}
