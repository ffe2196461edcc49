import { setTimeout as sleep } from 'node:timers/promises';
import { deliverMail, type Delivery } from '../../mail/deliver-mail.ts';
import type { SmtpServerOptions } from '../../mail/parse-smtp-url.ts';
import { selectAddress } from '../../mail/select-address.ts';
import type { AlertNotice } from './alert-notice.ts';
import type { SendOutcome } from './channel-message.ts';
import { composeAlertMail } from './compose-alert-mail.ts';

export interface MailServer {
  smtp: SmtpServerOptions;
  /** `Name <address>` or the address alone. */
  from: string;
}

export interface MailLimits {
  /** For each wait for the server. */
  timeoutMs: number;
  /** For all readers together. */
  totalMs: number;
}

const PARALLEL_MAX = 4;

/**
 * One mail to each reader. `done`: who has got it already; grows. A reader whose server did not say whether it took the
 * mail gets it again: an alert twice is better than none.
 */
export async function mailNotice(
  { smtp, from }: MailServer,
  notice: AlertNotice,
  recipients: readonly string[],
  done: Set<string>,
  { timeoutMs, totalMs }: MailLimits,
): Promise<SendOutcome> {
  const waiting = recipients.filter((to) => !done.has(to));
  const faults: Exclude<Delivery, { kind: 'delivered' }>[] = [];
  const sendOne = async (to: string): Promise<void> => {
    const message = await composeAlertMail(notice, from, to);
    const mail = { from: selectAddress(from), to, message };
    const delivery = await deliverMail(smtp, mail, { timeoutMs, onHandOver: async () => {} });
    if (delivery.kind === 'delivered') done.add(to);
    else faults.push(delivery);
  };
  const senders = Array.from({ length: PARALLEL_MAX }, async () => {
    for (let to = waiting.shift(); to !== undefined; to = waiting.shift()) await sendOne(to);
  });
  const isLate = await Promise.race([
    Promise.all(senders).then(() => false),
    sleep(totalMs, true, { ref: false }),
  ]);
  // Who has not been begun with waits for the next try.
  waiting.length = 0;
  return isLate
    ? { kind: 'later', fault: `not all mails went within ${totalMs} ms` }
    : mapFaults(faults, done.size);
}

function mapFaults(
  faults: readonly Exclude<Delivery, { kind: 'delivered' }>[],
  doneCount: number,
): SendOutcome {
  const [first] = faults;
  if (first === undefined) return { kind: 'sent', fault: null };
  const later = faults.find(({ kind }) => kind !== 'refused');
  if (later) return { kind: 'later', fault: later.reason };
  return doneCount > 0 ? { kind: 'sent', fault: first.reason } : { kind: 'refused', fault: first.reason };
}
