import { findRequestFault, type RuledProtocol } from '../request-rules/check-request.ts';
import { checkMessagesRequest } from '../request-rules/messages/check-messages.ts';
import { buildErrorBody } from './error-body.ts';
import { buildProtocolError } from './protocol-error.ts';
import { readObject } from './read-json.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { parseSimulatedCall } from './parse-simulated-call.ts';

const MESSAGES_PATH = /^\/v1\/messages(?:\?|$)/u;
const COUNT_PATH = /^\/v1\/messages\/count_tokens(?:\?|$)/u;
/** An id that no answer of the simulator's has. */
const REQUEST_ID = 'req_sim_judged';

export interface Verdict {
  /** In the provider's words. */
  message: string;
  /** The provider's 400. */
  body: object;
}

/** What the provider would refuse this request for; null = it would not, or the path is none that has rules. */
export function judgeRequest(request: RecordedRequest): Verdict | null {
  const { method, path, json, headers } = request;
  if (method !== 'POST') return null;
  const body = readObject(json);
  if (COUNT_PATH.test(path)) {
    const context = { model: String(body['model']), isStream: false, headers };
    const complaint = checkMessagesRequest(json, context, true);
    return complaint === null
      ? null
      : buildVerdict('messages', `${complaint.path.join('.')}: ${complaint.message}`);
  }
  const call = MESSAGES_PATH.test(path) ? null : parseSimulatedCall(request);
  if (call === null && !MESSAGES_PATH.test(path)) return null;
  if (call?.isCount) return null;
  const protocol = call?.protocol ?? 'messages';
  const model = call?.model ?? String(body['model']);
  const fault = findRequestFault(protocol, json, { model, isStream: body['stream'] === true, headers });
  return fault === null ? null : buildVerdict(protocol, fault);
}

function buildVerdict(protocol: RuledProtocol, message: string): Verdict {
  const body =
    protocol === 'messages'
      ? buildErrorBody(400, message, REQUEST_ID)
      : buildProtocolError(protocol, 400, message);
  return { message, body };
}
