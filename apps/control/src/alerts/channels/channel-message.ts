import type { AlertNotice } from './alert-notice.ts';

/** Where a message goes: URL and secret as they are, which nobody may log. */
export interface ChannelTarget {
  url: string;
  /** null = messages are not signed. */
  secret: string | null;
}

/** What is POSTed. */
export interface ChannelMessage {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export type SendOutcome =
  /** `fault`: what went wrong for some of its readers; null = nothing. */
  | { kind: 'sent'; fault: string | null }
  /** It may go better the next time. */
  | { kind: 'later'; fault: string }
  /** It will: the other side takes no more messages at the moment. */
  | { kind: 'busy'; fault: string }
  /** It will not go better. */
  | { kind: 'refused'; fault: string };

/** One way to say it over HTTP. */
export interface HttpChannel {
  build(notice: AlertNotice, target: ChannelTarget, nowMs: number): ChannelMessage;
  /** Of an answer below 300: many say there that they have refused. */
  judge(body: string): SendOutcome;
}

export const SENT: SendOutcome = { kind: 'sent', fault: null };

export function buildJsonMessage(url: string, content: object): ChannelMessage {
  return { url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
}

/** A JSON object, or null for anything else. */
export function parseAnswer(body: string): Record<string, unknown> | null {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null ? { ...answer } : null;
  } catch {
    return null;
  }
}
