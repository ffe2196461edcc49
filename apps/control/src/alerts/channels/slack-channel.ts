import { describeNotice } from './alert-notice.ts';
import { buildJsonMessage, parseAnswer, SENT, type HttpChannel } from './channel-message.ts';

/** Limits of Slack's blocks: https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_CHARACTERS_MAX = 150;
const SECTION_CHARACTERS_MAX = 3_000;

/** Incoming webhooks: `ok` as text, and statuses of their own for what they refuse; workflows answer JSON. */
export const SLACK_CHANNEL: HttpChannel = {
  build(notice, { url }) {
    const { title, lines } = describeNotice(notice);
    const text = lines.join('\n');
    return buildJsonMessage(url, {
      // Shown in notifications, where blocks are not.
      text: escapeText(`${title}\n${text}`),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: cut(title, HEADER_CHARACTERS_MAX) } },
        { type: 'section', text: { type: 'plain_text', text: cut(text, SECTION_CHARACTERS_MAX) } },
      ],
    });
  },
  judge(body) {
    const answer = parseAnswer(body);
    if (answer?.['ok'] !== false) return SENT;
    return { kind: 'refused', fault: `Slack refused it: ${String(answer['error'])}` };
  },
};

/** `<!channel>` in a rule's name must wake nobody up. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).toWellFormed()}…`;
}
