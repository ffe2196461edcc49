import { findRequestFault, listRecordings, type Recording } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import { isObject, type JsonObject } from './json/json-object.ts';
import { selectHandling, type Feature } from './policy/translation-policy.ts';
import { REQUEST_FEATURES } from './policy/request-features.ts';
import type { RequestTranslation } from './request-translation.ts';
import { translateRequest } from './translate-request.ts';

const NAMES: Record<WireProtocol, string> = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
};
const MODELS: Record<WireProtocol, string> = {
  messages: 'claude-sonnet-4-5',
  chat: 'gpt-4.1',
  responses: 'gpt-5',
  gemini: 'gemini-2.5-pro',
};
/** Anthropic's for instructions in the midst of a conversation. */
const BETA = { 'anthropic-beta': 'mid-conversation-system-2026-04-07' };
/** The client has lost the call of a result: there is nothing to pair it with. */
const ORPHAN = 'anthropic/request/sdk-py.testsyncruntools.f59a9391.1.json';

function readBody(recording: Recording): JsonObject {
  const request: unknown = JSON.parse(recording.readBytes().toString());
  const body = isObject(request) ? request['body'] : null;
  const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  return isObject(parsed) ? parsed : {};
}

function translate(body: JsonObject, from: WireProtocol, to: WireProtocol): RequestTranslation {
  const options = { from, to, upstreamModel: MODELS[to], stream: true, outputTokensMax: null };
  return translateRequest(Buffer.from(JSON.stringify(body)), options);
}

/** The feature that a refusal speaks of. */
function findRefused(message: string): string {
  return Object.keys(REQUEST_FEATURES).find((feature) => message.includes(`(${feature})`)) ?? message;
}

const isRefused = (feature: string, to: WireProtocol): boolean =>
  feature in REQUEST_FEATURES && selectHandling(feature as Feature, to) === 'refused';

for (const from of WIRE_PROTOCOLS) {
  const recordings = listRecordings({ protocol: NAMES[from], kind: 'request' });
  const sound = recordings.filter(({ file }) => file !== ORPHAN);

  describe.each(WIRE_PROTOCOLS.filter((to) => to !== from))(`recorded requests, ${from} → %s`, (to) => {
    it.each(sound)('[API-3] $file goes on, or is refused for a reason of the policy', (recording) => {
      const body = readBody(recording);
      expect(Object.keys(body).length).toBeGreaterThan(0);
      const result = translate(body, from, to);
      const refused = result.ok ? null : findRefused(result.message);
      expect(refused === null || isRefused(refused, to) || refused).toBe(true);
      const sent: unknown = result.ok ? JSON.parse(Buffer.from(result.body).toString()) : null;
      const isTaken = findRequestFault(from, body, { model: MODELS[from], headers: BETA }) === null;
      if (result.ok && isTaken) expect(findRequestFault(to, sent, { model: MODELS[to] })).toBeNull();
    });

    it('nearly all go on', () => {
      const passed = recordings.filter((recording) => translate(readBody(recording), from, to).ok);
      expect(passed.length).toBeGreaterThan(recordings.length * 0.6);
    });
  });
}
