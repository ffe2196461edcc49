import type { TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import { translateAttempt } from '../translation/translate-attempt.ts';
import { AccountTries } from './account-tries.ts';
import type { ForwardOptions, ForwardServices } from './forward-options.ts';
import { interceptWarmUp } from './intercept-warm-up.ts';
import { runAttempt } from './run-attempt.ts';

const CALL: ForwardOptions = { slots: true, attempt: runAttempt, translate: translateAttempt };

/**
 * Tries accounts until one answers. Nothing but signs of life reaches the client before an attempt's first content
 * byte, so each failed attempt leaves no trace in the answer. A request that the upstream refuses may have a second
 * group to try (SEL-6). Exit: REQ-6's error of the failures.
 */
export function forward(
  context: RequestContext,
  services: ForwardServices,
  options: ForwardOptions = CALL,
): Promise<TollgateError | null> {
  const tries = new AccountTries(context, services, options);
  const interception = options.slots && interceptWarmUp(context, services);
  if (interception === false) return tries.run();
  return interception.then((isAnswered) => (isAnswered ? null : tries.run()));
}
