import { createHmac } from 'node:crypto';
import { describeNotice } from './alert-notice.ts';
import { buildJsonMessage, parseAnswer, SENT, type HttpChannel } from './channel-message.ts';

/** -1: the system is busy; 130101 and 410100: more than 20 messages a minute. */
const BUSY_CODES: ReadonlySet<unknown> = new Set([-1, 130101, 410100]);

/**
 * Custom robots of DingTalk (https://open.dingtalk.com/document/robots/custom-robot-access): markdown. They answer 200
 * to everything; `errcode` is 0 when the message was taken.
 */
export const DINGTALK_CHANNEL: HttpChannel = {
  build(notice, { url, secret }, nowMs) {
    const { title, lines } = describeNotice(notice);
    const text = [`### ${escapeMarkdown(title)}`, ...lines.map(escapeMarkdown)].join('\n\n');
    return buildJsonMessage(secret === null ? url : signDingTalkUrl(url, secret, nowMs), {
      msgtype: 'markdown',
      markdown: { title, text },
      at: { isAtAll: false },
    });
  },
  judge(body) {
    const answer = parseAnswer(body);
    const code = answer?.['errcode'];
    if (code === 0) return SENT;
    if (answer === null || typeof code !== 'number') {
      return { kind: 'later', fault: 'DingTalk gave an answer that nobody can read' };
    }
    const fault = `DingTalk refused it: ${code} ${String(answer['errmsg'] ?? '')}`;
    return { kind: BUSY_CODES.has(code) ? 'busy' : 'refused', fault };
  },
};

/** No links, pictures or headings out of a rule's name. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*[\]<>#!]/gu, String.raw`\$&`);
}

/** ms, within an hour of their clock. Of the query that the URL has, `access_token` stays as it is. */
export function signDingTalkUrl(url: string, secret: string, nowMs: number): string {
  const signed = new URL(url);
  const timestamp = String(Math.trunc(nowMs));
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
  signed.searchParams.set('timestamp', timestamp);
  signed.searchParams.set('sign', sign);
  return signed.href;
}
