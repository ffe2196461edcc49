import { hash } from 'node:crypto';
import type { NoticeClaim } from '@tollgate/db';
import MailComposer from 'nodemailer/lib/mail-composer';

/** The mail of a notice to one of its readers, RFC 5322. The same notice has the same id, whoever sends it. */
export function composeNotice(notice: NoticeClaim, from: string, to: string): Promise<Buffer> {
  const { balance, threshold } = notice.detail;
  const text = [
    `Your balance is ${balance} USD: it came down to ${threshold} USD, where you wanted to hear of it.`,
    '',
    'Requests are refused when nothing is left. Please top up in time.',
    '',
    'You get one such mail until the next top-up.',
    '',
  ].join('\n');
  const reader = hash('sha256', to, 'hex').slice(0, 16);
  const composer = new MailComposer({
    from,
    to,
    subject: `Your balance is low: ${balance} USD`,
    text,
    messageId: `<notice-${notice.id}-${reader}@tollgate.invalid>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  return composer.compile().build();
}
