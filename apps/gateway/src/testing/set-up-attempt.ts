import { DEFAULT_DEADLINES } from '@tollgate/core';
import { expect } from 'vitest';
import { RequestContext } from '../request-context.ts';
import { runAttempt } from '../stages/run-attempt.ts';
import { buildParsedContext } from './build-context.ts';
import { buildServices } from './build-services.ts';
import { buildAccount, buildGroup, buildKey, MODEL } from './build-snapshots.ts';
import { buildPrelude, event, type FakeCall } from './fake-upstream.ts';

/** Input tokens of the request, by its size. */
export const ESTIMATED_INPUT = 26;
export const PRELUDE = buildPrelude(MODEL);
export const USAGE = { input_tokens: 100, output_tokens: 20 };
export const buildErrorEvent = (type: string) =>
  event('error', { error: { type, message: 'sk-up at 203.0.113.9' } });

/** Until the upstream has been asked and has answered what the script says. */
const settleDown = async () => {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
};

/** One attempt on one account, with all that a test may look at. */
export function setUpAttempt(fields: object = { stream: true }, upstreamModel = MODEL) {
  const services = buildServices();
  const account = buildAccount();
  const group = buildGroup({ deadlines: { ...DEFAULT_DEADLINES, firstByteMs: 1_000, idleMs: 2_000 } });
  const { context, writer } = buildParsedContext(fields, buildKey({ groups: [group] }));
  const listeners: unknown[] = [];
  const plain = Object.getOwnPropertyDescriptor(RequestContext.prototype, 'clientListener');
  Object.defineProperty(context, 'clientListener', {
    set(listener) {
      listeners.push(listener);
      plain?.set?.call(context, listener);
    },
  });
  const ready = {
    account,
    upstreamModel,
    lease: null,
    isProbe: false,
    sessionId: null,
    registeredSession: null,
    hasRefreshedToken: false,
    session: null,
    translation: null,
    streamOnly: null,
    opened: services.accounts.open(account),
  };
  const run = (answer: (call: FakeCall) => void = () => {}) => {
    services.upstream.answer = answer;
    return runAttempt(context, ready, services);
  };
  return { services, context, writer, run, settleDown, listeners, journal: services.journal };
}

/** Nothing hears of the client or of the attempt any more. */
export function expectNoListeners({ writer, listeners }: ReturnType<typeof setUpAttempt>): void {
  expect([writer.onDrain, listeners.at(-1) ?? null]).toEqual([null, null]);
}
