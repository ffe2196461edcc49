import { StoreUnavailableError } from '../port.ts';
import type { Reply } from './call.ts';
import { RespError, type RespOutcome } from './resp/reply.ts';

/** What one call gave, as the store sees it: a refusal or a lost connection is a fault. */
export function mapReply(outcome: RespOutcome): Reply {
  if (!(outcome instanceof Error)) return { value: outcome };
  return { fault: new StoreUnavailableError(explainRefusal(outcome.message), { cause: outcome }) };
}

/** Redis spoke, even if only to refuse. */
export function isAnswer(reply: Reply): boolean {
  return 'value' in reply || reply.fault.cause instanceof RespError;
}

export function isUnknownScript(reply: Reply | undefined): boolean {
  return reply !== undefined && 'fault' in reply && reply.fault.message.startsWith('NOSCRIPT');
}

/** The one connection leads to one node: keys of another node cannot be reached over it. */
function explainRefusal(message: string): string {
  if (!/^(?:MOVED|ASK) /.test(message)) return message;
  return `this Redis is one node of a Cluster, and the key is on another (${message})`;
}
