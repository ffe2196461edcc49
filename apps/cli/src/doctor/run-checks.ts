import { setTimeout as sleep } from 'node:timers/promises';
import { describeFailure } from '../describe-failure.ts';
import { failure, type Check, type DoctorSite, type Finding, type Look } from './finding.ts';

/**
 * All checks at once, each with a time limit of its own; in the order of `checks`. Never rejects: a check that throws
 * or hangs is a failure that says so.
 */
export async function runChecks(
  checks: readonly Check[],
  site: DoctorSite,
  { limitMs }: { limitMs: number },
): Promise<Finding[]> {
  const looks = await Promise.all(checks.map((check) => runCheck(check, site, limitMs)));
  return looks.flat();
}

async function runCheck(check: Check, site: DoctorSite, limitMs: number): Promise<Finding[]> {
  const timer = new AbortController();
  const late = sleep(limitMs, null, { ref: false, signal: timer.signal }).catch(() => null);
  const looked = check.run(site).catch((fault: unknown) => [describeThrown(check, fault)]);
  const looks = (await Promise.race([looked, late])) ?? [describeLate(limitMs)];
  timer.abort();
  return looks.map((look) => Object.assign(look, { check: check.name }));
}

function describeThrown({ name }: Check, fault: unknown): Look {
  return failure(describeFailure(fault), `see what stands in the way of ${name} and run the doctor again`);
}

function describeLate(limitMs: number): Look {
  return failure(
    `no answer within ${limitMs} ms`,
    'something takes connections and does not answer: look at the network between here and there, and at its load',
  );
}
