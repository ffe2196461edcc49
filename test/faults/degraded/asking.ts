import { setTimeout as sleep } from 'node:timers/promises';
import { buildScriptUser, type Script, type Simulator } from '@tollgate/testkit';
import { buildMessage, postMessages } from '../../harness/client.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { buildKey } from './cast.ts';

/** Nothing that depends on something dead takes longer. */
const ANSWER_WITHIN_MS = 30_000;
const HELD_MS = 600;

/** What the upstream bills: 800 tokens in at 3 USD a million are 0.0024 USD. */
export const DEAR: Script = { usage: { input_tokens: 800, output_tokens: 0 } };
export const CHEAP: Script = { usage: { input_tokens: 1, output_tokens: 0 } };

export interface Wish {
  script?: Script;
  session?: string;
  fields?: Record<string, unknown>;
  signal?: AbortSignal;
}

export interface Told {
  status: number;
  headers: Headers;
  text: string;
  tookMs: number;
}

/** A request of the role `name`, with how the upstream is to behave inside. */
export function post(gateway: string, name: string, wish: Wish = {}): Promise<Response> {
  const { script = CHEAP, session, fields, signal = AbortSignal.timeout(ANSWER_WITHIN_MS) } = wish;
  const body = buildMessage({ metadata: { user_id: buildScriptUser(script) }, ...fields });
  const headers = {
    'x-api-key': buildKey(name),
    ...(session === undefined ? {} : { 'x-session-id': session }),
  };
  return postMessages(gateway, body, headers, { signal });
}

export async function ask(gateway: string, name: string, wish: Wish = {}): Promise<Told> {
  const startMs = performance.now();
  const answer = await post(gateway, name, wish);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, tookMs: performance.now() - startMs };
}

export async function readStatus(gateway: string, name: string, wish: Wish = {}): Promise<number> {
  return (await ask(gateway, name, wish)).status;
}

/** A stream that goes on until the function that is given back is called. */
export async function holdSlot(gateway: string, name: string): Promise<() => void> {
  const leaving = new AbortController();
  const script = { endless: true, delayEventsMs: 50 };
  const answer = await post(gateway, name, { script, fields: { stream: true }, signal: leaving.signal });
  // Somebody must read: a body that nobody holds is cancelled with the next garbage collection.
  void answer.text().catch(() => {});
  if (answer.status !== 200) throw new Error(`${name} was not let in: ${answer.status}`);
  return () => leaving.abort();
}

/** `/health` and `/ready`, as `status store`. */
export async function readState(gateway: string): Promise<string> {
  const answers = await Promise.all(['/health', '/ready'].map((path) => fetch(gateway + path)));
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { store: string }[];
  return answers.map(({ status }, index) => `${status} ${bodies[index]?.store ?? ''}`).join(', ');
}

/**
 * So many requests at once to each gateway: how they ended, sorted, and how many the upstream had at once, at most,
 * beside those that are held.
 */
export async function rush(
  simulator: Simulator,
  gateways: readonly string[],
  name: string,
  { count, held = 0 }: { count: number; held?: number },
): Promise<{ atOnceMax: number; statuses: number[] }> {
  await waitUntil('only those that are held are there', () => simulator.openRequests === held);
  const asks = gateways.flatMap((gateway) =>
    Array.from({ length: count }, () => readStatus(gateway, name, { script: { delayHeadersMs: HELD_MS } })),
  );
  const answers = Promise.all(asks);
  const openMax = await watchOpen(simulator, answers);
  return { atOnceMax: openMax - held, statuses: (await answers).toSorted() };
}

/**
 * The most requests that were open at three looks in a row: what takes the slot of a request that ends can be here
 * before the end is noticed.
 */
async function watchOpen(simulator: Simulator, answers: Promise<unknown>): Promise<number> {
  const looks = [0, 0, 0];
  let most = 0;
  const isOn = async (): Promise<boolean> => Promise.race([answers.then(() => false), sleep(5, true)]);
  while (await isOn()) {
    looks.shift();
    looks.push(simulator.openRequests);
    most = Math.max(most, Math.min(...looks));
  }
  return most;
}

/** Runs in one clock minute, of which it should need no more than 8 s; what fails because the minute turned runs again. */
export async function withinMinute<Result>(run: () => Promise<Result>, triesLeft = 2): Promise<Result> {
  const restMs = 60_000 - (Date.now() % 60_000);
  if (restMs < 8_000) await sleep(restMs + 50);
  const endsAtMs = Date.now() - (Date.now() % 60_000) + 60_000;
  try {
    return await run();
  } catch (error) {
    if (Date.now() < endsAtMs || triesLeft === 0) throw error;
    return withinMinute(run, triesLeft - 1);
  }
}
