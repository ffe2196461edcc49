import { createHmac } from 'node:crypto';
import { describeNotice, type AlertNotice } from './alert-notice.ts';
import { buildJsonMessage, parseAnswer, SENT, type HttpChannel } from './channel-message.ts';

/** Too many messages of one robot (100 a minute, 5 a second), or of all: it may be sent again. */
const BUSY_CODES: ReadonlySet<unknown> = new Set([9499, 11232, 1000004, 1000005]);
const COLOURS = { firing: 'red', resolved: 'green', test: 'blue' } as const;

/**
 * Custom robots of Feishu and Lark (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot): a card. They
 * answer 200 to everything; `code`, in older ones `StatusCode`, is 0 when the message was taken.
 */
export const FEISHU_CHANNEL: HttpChannel = {
  build(notice, { url, secret }, nowMs) {
    const content = { msg_type: 'interactive', card: buildCard(notice) };
    return buildJsonMessage(url, secret === null ? content : { ...signFeishu(secret, nowMs), ...content });
  },
  judge(body) {
    const answer = parseAnswer(body);
    const code = answer?.['code'] ?? answer?.['StatusCode'];
    if (code === 0) return SENT;
    if (answer === null || typeof code !== 'number') {
      return { kind: 'later', fault: 'Feishu gave an answer that nobody can read' };
    }
    const fault = `Feishu refused it: ${code} ${String(answer['msg'] ?? answer['StatusMessage'] ?? '')}`;
    return { kind: BUSY_CODES.has(code) ? 'busy' : 'refused', fault };
  },
};

/** Plain text throughout: `<at id=all>` in a rule's name must wake nobody up. */
function buildCard(notice: AlertNotice): object {
  const { title, lines } = describeNotice(notice);
  return {
    config: { wide_screen_mode: true },
    header: { template: COLOURS[notice.kind], title: { tag: 'plain_text', content: title } },
    elements: [{ tag: 'div', text: { tag: 'plain_text', content: lines.join('\n') } }],
  };
}

/** Their HMAC has the time and the secret as its key, and signs nothing; seconds, within an hour of their clock. */
export function signFeishu(secret: string, nowMs: number): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const sign = createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64');
  return { timestamp, sign };
}
