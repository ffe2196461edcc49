import type { AccountTester, AccountTestStep, AccountTestTarget } from '@tollgate/api/server';
import { dialInSteps, type DialStep, type OutboundPolicy, type ResolveAll } from '@tollgate/outbound';
import { buildTestRequest } from './build-test-request.ts';
import { describeProblem } from './describe-problem.ts';
import { exchangeInSteps } from './exchange-in-steps.ts';
import { hideSecrets } from './hide-secrets.ts';

export interface AccountTesterOptions {
  policy: OutboundPolicy;
  /** Of each step. */
  stepTimeoutMs: number;
  /** PEM; for tests and private authorities. */
  ca?: string;
  /** For tests. */
  resolveAll?: ResolveAll;
}

/**
 * ACC-8: sends the account's upstream one small real request, through the outbound guard and the account's proxy, on a
 * connection of its own, and tells each step as it ends. Whatever an upstream says back has its secrets hidden.
 */
export function createAccountTester(options: AccountTesterOptions): AccountTester {
  return async function* testAccount(target, signal) {
    const secrets = listSecrets(target);
    for await (const step of runSteps(options, target, signal)) {
      yield { ...step, detail: hideSecrets(step.detail, secrets) };
    }
  };
}

async function* runSteps(
  { policy, stepTimeoutMs, ca, resolveAll }: AccountTesterOptions,
  target: AccountTestTarget,
  signal: AbortSignal,
): AsyncGenerator<AccountTestStep, void, void> {
  const request = buildTestRequest(target);
  const url = new URL(target.baseUrl);
  const dial = dialInSteps(policy, {
    url,
    proxyUrl: target.proxyUrl,
    stepTimeoutMs,
    signal,
    ...(ca === undefined ? {} : { ca }),
    ...(resolveAll === undefined ? {} : { resolveAll }),
  });
  // By hand: `yield*` would not let the steps be mapped, and `for await` drops what the generator returns.
  let next = await dial.next();
  try {
    for (; next.done !== true; next = await dial.next()) yield mapDialStep(next.value);
  } finally {
    await dial.return(null);
  }
  const socket = next.value;
  if (socket === null) return;
  try {
    yield* exchangeInSteps(socket, request, url.host, { timeoutMs: stepTimeoutMs, signal });
  } finally {
    socket.destroy();
  }
}

function mapDialStep({ name, ms, problem, detail }: DialStep): AccountTestStep {
  return problem === null
    ? { step: name, ms, outcome: 'ok', detail }
    : { step: name, ms, outcome: 'failed', detail: describeProblem(problem) };
}

/** Everything that the account proves itself with, to itself or to its proxy. */
function listSecrets({ credentials, proxyUrl }: AccountTestTarget): string[] {
  const tokens = Object.entries(credentials).flatMap(([name, value]) =>
    name === 'expires_at' ? [] : [String(value)],
  );
  const proxy = proxyUrl === null ? null : URL.parse(proxyUrl);
  const passwords = proxy === null ? [] : [proxy.password, safeDecode(proxy.password)];
  return [...tokens, ...passwords];
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
