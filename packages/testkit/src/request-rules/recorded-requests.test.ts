import { describe, expect, it } from 'vitest';
import { listRecordings } from '../recordings/list-recordings.ts';
import type { Recording } from '../recordings/recording.ts';
import { readObject } from '../simulator/read-json.ts';
import { findRequestFault, type RuledProtocol } from './check-request.ts';

const NAMES: Readonly<Record<RuledProtocol, string>> = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
};
const BETA = { 'anthropic-beta': 'mid-conversation-system-2026-04-07' };
/** To these the provider really answered 400. */
const REFUSED = new Set([
  'anthropic/request/sdk-py.testsyncruntools.f59a9391.1.json',
  'openai/request/responses.openai_responses_model_http_error.0.json',
]);

function findFault(protocol: RuledProtocol, recording: Recording): string | null {
  const { body } = readObject(JSON.parse(recording.readBytes().toString()));
  const json: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  const model = recording.model ?? '';
  const fault = findRequestFault(protocol, json, { model, headers: BETA });
  return fault === null ? null : `${recording.file}: ${fault}`;
}

/** Rules that are stricter than the provider would blame translators for what is no fault of theirs. */
describe.each(Object.keys(NAMES) as RuledProtocol[])('recorded requests by the rules of %s', (protocol) => {
  const recordings = listRecordings({ protocol: NAMES[protocol], kind: 'request' }).filter(
    // Other vendors have their own.
    ({ file }) => !file.startsWith('openai-compatible/'),
  );

  it('what the provider took is taken', () => {
    const taken = recordings.filter(({ file }) => !REFUSED.has(file));
    expect(taken.length).toBeGreaterThan(9);
    expect(taken.flatMap((recording) => findFault(protocol, recording) ?? [])).toEqual([]);
  });

  it('what it refused is refused', () => {
    const refused = recordings.filter(({ file }) => REFUSED.has(file));
    for (const recording of refused)
      expect(findFault(protocol, recording)).toMatch(/temperature|tool_use_id/u);
  });
});
