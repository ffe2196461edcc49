import { buildAlertSealContext, type AlertChannelKind, type Clock } from '@tollgate/core';
import { openSecret, SealError, type SecretKey, type StoredAlertChannel } from '@tollgate/db';
import type { OutboundPolicy } from '@tollgate/outbound';
import type { AlertNotice } from './alert-notice.ts';
import type { ChannelTarget, HttpChannel, SendOutcome } from './channel-message.ts';
import { DINGTALK_CHANNEL } from './dingtalk-channel.ts';
import { FEISHU_CHANNEL } from './feishu-channel.ts';
import { mailNotice, type MailServer } from './mail-notice.ts';
import { postMessage } from './post-message.ts';
import { SLACK_CHANNEL } from './slack-channel.ts';
import { WEBHOOK_CHANNEL } from './webhook-channel.ts';

export interface DeliveryServices {
  policy: OutboundPolicy;
  secretKey: SecretKey;
  clock: Clock;
  /** null = no mail can be sent. */
  mail: MailServer | null;
  /** OPS-6: for one message over HTTP, and for each wait for a mail server. Default 10 s. */
  timeoutMs?: number;
}

/** Tries once. `done`: readers of a mail who have got it at an earlier try; grows. Never rejects for what others do. */
export type DeliverNotice = (
  channel: StoredAlertChannel,
  notice: AlertNotice,
  done?: Set<string>,
) => Promise<SendOutcome>;

const TIMEOUT_MS = 10_000;
/** Of all mails of one try, in {@link DeliveryServices.timeoutMs}. */
const MAIL_TIMEOUTS = 4;

const HTTP_CHANNELS: Readonly<Record<Exclude<AlertChannelKind, 'email'>, HttpChannel>> = {
  webhook: WEBHOOK_CHANNEL,
  slack: SLACK_CHANNEL,
  feishu: FEISHU_CHANNEL,
  dingtalk: DINGTALK_CHANNEL,
};

/** OPS-5: one message through one channel, whatever its kind. */
export function createNoticeDelivery(services: DeliveryServices): DeliverNotice {
  const { policy, clock, mail, timeoutMs = TIMEOUT_MS } = services;
  return async (channel, notice, done = new Set()) => {
    if (channel.kind === 'email') {
      if (mail === null) return { kind: 'refused', fault: 'no mail server is configured: TOLLGATE_SMTP_URL' };
      const recipients = 'recipients' in channel.config ? channel.config.recipients : [];
      if (recipients.length === 0) return { kind: 'refused', fault: 'it has no recipients' };
      const limits = { timeoutMs, totalMs: MAIL_TIMEOUTS * timeoutMs };
      return mailNotice(mail, notice, recipients, done, limits);
    }
    const target = openTarget(channel, services.secretKey);
    if (target === null)
      return { kind: 'refused', fault: 'its URL or secret cannot be opened: save it again' };
    const kind = HTTP_CHANNELS[channel.kind];
    return postMessage(policy, kind, kind.build(notice, target, clock.nowMs()), target, timeoutMs);
  };
}

/** null = another key has sealed it. */
function openTarget(
  { id, sealedUrl, sealedSecret }: StoredAlertChannel,
  secretKey: SecretKey,
): ChannelTarget | null {
  if (sealedUrl === null) return null;
  try {
    return {
      url: openSecret(sealedUrl, secretKey, buildAlertSealContext(id, 'url')),
      secret:
        sealedSecret === null
          ? null
          : openSecret(sealedSecret, secretKey, buildAlertSealContext(id, 'secret')),
    };
  } catch (fault) {
    if (fault instanceof SealError) return null;
    throw fault;
  }
}
