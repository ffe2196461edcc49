import { setTimeout as sleep } from 'node:timers/promises';
import { buildScriptUser, type Script, type Simulator } from '@tollgate/testkit';
import { buildMessage, postMessages } from '../../harness/client.ts';
import { buildKey } from './cast.ts';

/** Nothing that depends on something dead takes longer. */
const ANSWER_WITHIN_MS = 10_000;
const HELD_MS = 600;

/** What the upstream bills: 400 tokens in at 3 USD a million are 0.0012 USD. */
export const DEAR: Script = { usage: { input_tokens: 400, output_tokens: 0 } };
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

/** `/health` and `/ready`, as `status store`. */
export async function readState(gateway: string): Promise<string> {
  const answers = await Promise.all(['/health', '/ready'].map((path) => fetch(gateway + path)));
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { store: string }[];
  return answers.map(({ status }, index) => `${status} ${bodies[index]?.store ?? ''}`).join(', ');
}

/** So many requests at once to each gateway: how they ended, sorted, and how many the upstream had at once, at most. */
export async function rush(
  simulator: Simulator,
  gateways: readonly string[],
  name: string,
  count: number,
): Promise<{ atOnceMax: number; statuses: number[] }> {
  const before = simulator.openRequests;
  let atOnceMax = 0;
  let isOver = false;
  const asks = gateways.flatMap((gateway) =>
    Array.from({ length: count }, () => readStatus(gateway, name, { script: { delayHeadersMs: HELD_MS } })),
  );
  const watch = async (): Promise<void> => {
    while (!isOver) {
      atOnceMax = Math.max(atOnceMax, simulator.openRequests - before);
      await sleep(5);
    }
  };
  const watching = watch();
  const statuses = await Promise.all(asks);
  isOver = true;
  await watching;
  return { atOnceMax, statuses: statuses.toSorted() };
}

/** Runs in one clock minute, of which it needs no more than 20 s. */
export async function withinMinute<Result>(run: () => Promise<Result>): Promise<Result> {
  const restMs = 60_000 - (Date.now() % 60_000);
  if (restMs < 20_000) await sleep(restMs + 50);
  return run();
}
