import type { RequestFeature } from '../policy/request-features.ts';
import { hasMember, insertMember, removeMembers } from './splice-members.ts';

/** Whose envelope: that of Google's CLI, or that of Antigravity. */
export type CodeAssistFlavour = 'gemini-cli' | 'antigravity';

export interface CodeAssistEnvelope {
  /** The upstream's bare name of the model. */
  model: string;
  /** The Google project that the account works in. */
  project: string;
  /** One for each request. */
  requestId: string;
  /** The same for all requests of one conversation; null = none is known. */
  sessionId: string | null;
  flavour: CodeAssistFlavour;
}

const SESSION_KEYS: Readonly<Record<CodeAssistFlavour, string>> = {
  'gemini-cli': 'session_id',
  antigravity: 'sessionId',
};

/** The model stands in the envelope; Antigravity knows no safety settings. */
const SAFETY = ['safetySettings', 'safety_settings'];
const LEFT_OUT: Readonly<Record<CodeAssistFlavour, ReadonlySet<string>>> = {
  'gemini-cli': new Set(['model']),
  antigravity: new Set(['model', ...SAFETY]),
};

/**
 * A generateContent body (UTF-8 JSON, an object) inside Google's v1internal envelope. All that stays of the body goes
 * on byte for byte. What is no object is put in as it is: the upstream refuses it.
 */
export function wrapCodeAssistRequest(body: Uint8Array, envelope: CodeAssistEnvelope): Buffer {
  const inner = spliceRequest(Buffer.from(body.buffer, body.byteOffset, body.byteLength), envelope);
  return Buffer.concat([Buffer.from(`${buildHead(envelope)}"request":`), inner, Buffer.from('}')]);
}

/** API-3: what of a client's own generateContent body the envelope has no room for, by the policy's names. */
export function listLeftOut(body: Buffer, flavour: CodeAssistFlavour): RequestFeature[] {
  const isLeftOut = SAFETY.some(
    (key) => LEFT_OUT[flavour].has(key) && body.includes(`"${key}"`) && hasMember(body, key),
  );
  return isLeftOut ? ['safety'] : [];
}

function buildHead({ model, project, requestId, flavour }: CodeAssistEnvelope): string {
  const fields =
    flavour === 'gemini-cli'
      ? { model, project, user_prompt_id: requestId }
      : { model, userAgent: 'antigravity', requestType: 'agent', project, requestId: toAgentId(requestId) };
  return `${JSON.stringify(fields).slice(0, -1)},`;
}

function toAgentId(requestId: string): string {
  return requestId.startsWith('agent-') ? requestId : `agent-${requestId}`;
}

/** A session that the client named itself stays. */
function spliceRequest(body: Buffer, { sessionId, flavour }: CodeAssistEnvelope): Buffer {
  const rest = removeMembers(body, LEFT_OUT[flavour]);
  const key = SESSION_KEYS[flavour];
  return sessionId === null ? rest : insertMember(rest, key, sessionId);
}
