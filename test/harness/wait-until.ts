import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 20;

/** Asks again and again until the answer is yes. Throws with `what` after `timeoutMs` (30 s: a loaded machine takes its time). */
export async function waitUntil(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(STEP_MS);
  }
}
