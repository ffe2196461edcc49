import { hash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { describeNotice, type AlertNotice } from './alert-notice.ts';

/** The mail of an alert to one of its readers, RFC 5322. Each try of one message to one reader has the same id. */
export function composeAlertMail(notice: AlertNotice, from: string, to: string): Promise<Buffer> {
  const { title, lines } = describeNotice(notice);
  const reader = hash('sha256', to, 'hex').slice(0, 16);
  const composer = new MailComposer({
    from,
    to,
    subject: title,
    text: [title, '', ...lines, ''].join('\n'),
    messageId: `<alert-${notice.id}-${reader}@tollgate.invalid>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  return composer.compile().build();
}
