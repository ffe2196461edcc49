import { ALERT_METRICS } from '@tollgate/core';
import type { StoredAlertEvent } from '@tollgate/db';
import { describeNotice, type AlertNotice } from './alert-notice.ts';
import { SENT, type HttpChannel } from './channel-message.ts';
import { signWebhook } from './sign-webhook.ts';

const VERSION = 1;

/** JSON for programs, docs/alerts.md has its fields. Any answer below 300 will do. */
export const WEBHOOK_CHANNEL: HttpChannel = {
  build(notice, { url, secret }, nowMs) {
    const body = JSON.stringify(buildContent(notice, nowMs));
    return {
      url,
      headers: {
        'content-type': 'application/json',
        'x-tollgate-delivery': notice.id,
        ...(secret === null ? {} : { 'x-tollgate-signature': signWebhook(body, secret, nowMs) }),
      },
      body,
    };
  },
  judge: () => SENT,
};

function buildContent(notice: AlertNotice, nowMs: number): object {
  const { title, lines } = describeNotice(notice);
  return {
    version: VERSION,
    deliveryId: notice.id,
    kind: notice.kind,
    sentAt: new Date(nowMs).toISOString(),
    text: [title, ...lines].join('\n'),
    event: notice.event && describeEvent(notice.event),
  };
}

function describeEvent({ ruleId, ruleName, ...event }: StoredAlertEvent): object {
  const facts: Record<string, { unit: string }> = ALERT_METRICS;
  return { ...event, rule: { id: ruleId, name: ruleName }, unit: facts[event.metric]?.unit ?? null };
}
