import { createHash } from 'node:crypto';
import { readJsonAnswer } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import type { AssistantBlock } from './conversation/blocks.ts';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import { isObject } from './json/json-object.ts';
import { selectParts } from './protocols.ts';
import {
  foldUsage,
  isAmbiguous,
  listRecordedAnswers,
  readExpectedAnswer,
  readExpectedUsage,
} from './testing/recorded-answers.ts';
import { buildOptions } from './testing/translate-stream.ts';
import { buildAnswerScope, translateAnswer } from './translate-answer.ts';

function readBlocks(protocol: WireProtocol, bytes: Buffer): AssistantBlock[] {
  const body: unknown = JSON.parse(bytes.toString());
  const scope = buildAnswerScope(buildOptions(protocol, protocol));
  return isObject(body) ? (selectParts(protocol).decodeAnswer(body, scope)?.blocks ?? []) : [];
}

function hashText(blocks: readonly AssistantBlock[], length: number): string {
  const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

for (const from of WIRE_PROTOCOLS) {
  const recordings = listRecordedAnswers(from, 'json');

  describe.each(WIRE_PROTOCOLS.filter((to) => to !== from))(`recorded answers, ${from} → %s`, (to) => {
    it.each(recordings)('[API-3] $file: same words, calls and usage', (recording) => {
      const translated = translateAnswer(recording.readBytes(), buildOptions(from, to));
      const bytes = Buffer.from(translated?.body ?? []);
      const expected = readExpectedAnswer(recording);
      const blocks = readBlocks(to, bytes);
      expect(hashText(blocks, expected.textSha256Start.length)).toBe(expected.textSha256Start);
      const calls = blocks.filter((block) => block.type === 'tool-call');
      expect(calls.map(({ name, arguments: json }) => [name, JSON.parse(json)])).toEqual(
        expected.calls.map((call) => [call.name, call.arguments]),
      );
      const usage = readExpectedUsage(recording);
      if (usage === null || isAmbiguous(recording)) return;
      expect(readJsonAnswer(to, bytes)?.metered?.usage).toEqual(foldUsage(usage, to));
    });
  });
}

describe('answers that are none', () => {
  it.each(['', '{}', '[]', 'null', '<html>', '{"error":{"message":"no"}}', '{"content":1,"choices":1}'])(
    '%j is none in any protocol',
    (text) => {
      for (const from of WIRE_PROTOCOLS) {
        for (const to of WIRE_PROTOCOLS.filter((protocol) => protocol !== from)) {
          expect(translateAnswer(Buffer.from(text), buildOptions(from, to))).toBeNull();
        }
      }
    },
  );
});
