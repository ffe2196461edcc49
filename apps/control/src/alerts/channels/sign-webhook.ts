import { createHmac } from 'node:crypto';

/**
 * `x-tollgate-signature`: `t=<seconds since 1970>,v1=<hex>`, where v1 is HMAC-SHA256 over `<t>.<body>`. The time is
 * signed too, so that who listens can refuse what is old.
 */
export function signWebhook(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
