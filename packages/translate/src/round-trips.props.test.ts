import { findRequestFault } from '@tollgate/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from './conversation/answer.ts';
import type { AnswerSink } from './conversation/answer-sink.ts';
import type { ConversationRequest } from './conversation/conversation-request.ts';
import { joinTurns } from './conversation/join-turns.ts';
import { StreamText } from './conversation/stream-text.ts';
import type { RequestScope } from './conversation/translation-scope.ts';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import { isObject, type JsonObject } from './json/json-object.ts';
import { Findings } from './policy/findings.ts';
import { selectParts } from './protocols.ts';
import { answer, conversation } from './testing/arbitraries.ts';
import { buildOptions, collectStream, cutBytes, translateStream } from './testing/translate-stream.ts';
import { buildAnswerScope, translateAnswer } from './translate-answer.ts';
import { translateRequest } from './translate-request.ts';

const PAIRS = WIRE_PROTOCOLS.flatMap((from) =>
  WIRE_PROTOCOLS.filter((to) => to !== from).map((to) => [from, to] as const),
);

function buildScope(protocol: WireProtocol): RequestScope {
  return {
    from: protocol,
    to: protocol,
    upstreamModel: 'some-model',
    isStream: true,
    outputTokensMax: null,
    isCodeAssist: false,
    findings: new Findings(protocol),
    context: { includesUsage: true, showsThoughts: true, toolNames: {}, echo: {} },
  };
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parse(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString());
  return isObject(value) ? value : {};
}

function translate(body: Uint8Array, from: WireProtocol, to: WireProtocol): Uint8Array {
  const options = { from, to, upstreamModel: 'some-model', stream: true, outputTokensMax: null };
  const result = translateRequest(body, options);
  expect(result).toMatchObject({ ok: true, dropped: [] });
  if (result.ok) expect(findRequestFault(to, parse(result.body), { model: 'some-model' })).toBeNull();
  return result.ok ? result.body : Buffer.alloc(0);
}

/** What must survive: who said what, which tools were called how, and what they answered. */
function readEssence(protocol: WireProtocol, body: Uint8Array): unknown {
  const request: ConversationRequest = selectParts(protocol).decodeRequest(parse(body), buildScope(protocol));
  const turns = joinTurns(request.turns).map(({ role, blocks }) => ({
    role,
    text: blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
    calls: blocks.flatMap((block) =>
      block.type === 'tool-call' ? [[block.id, block.name, JSON.parse(block.arguments)]] : [],
    ),
    results: blocks.flatMap((block) =>
      block.type === 'tool-result' ? [[block.callId, block.name, block.content]] : [],
    ),
  }));
  const tools = request.tools.map(({ name, description }) => [name, description]);
  return { system: request.system, turns, tools, tokens: request.outputTokensMax };
}

function play({ id, blocks, ...end }: Answer, sink: AnswerSink): void {
  sink.begin(id);
  for (const block of blocks) {
    if (block.type === 'text') {
      sink.openText();
      sink.addText(block.text.slice(0, 3));
      sink.addText(block.text.slice(3));
    } else if (block.type === 'tool-call') {
      sink.openToolCall(block.id, block.name);
      sink.addArguments(block.arguments.slice(0, 5));
      sink.addArguments(block.arguments.slice(5));
    }
    sink.close();
  }
  sink.finish(end);
}

function readAnswer({ blocks, stop, usage }: Answer): unknown {
  const calls = blocks.filter((block) => block.type === 'tool-call');
  return {
    text: blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
    calls: calls.map((call) => [call.id, call.name, JSON.parse(call.arguments)]),
    stop,
    usage,
  };
}

describe.each(PAIRS)('%s → %s → back', (from, to) => {
  it('[API-3] keeps the words, calls, ids and results of any conversation', () => {
    fc.assert(
      fc.property(conversation, (generated) => {
        const body = encode(selectParts(from).buildRequest(generated, buildScope(from)));
        const back = translate(translate(body, from, to), to, from);
        expect(readEssence(from, back)).toEqual(readEssence(from, body));
      }),
      { numRuns: 60 },
    );
  });

  it('[API-3] keeps the words, calls, stop reason and usage of any answer', () => {
    fc.assert(
      fc.property(answer, (generated) => {
        const body = encode(
          selectParts(from).buildAnswer(generated, buildAnswerScope(buildOptions(from, from))),
        );
        const there = translateAnswer(body, buildOptions(from, to));
        const back = translateAnswer(there?.body ?? Buffer.alloc(0), buildOptions(to, from));
        const read = selectParts(from).decodeAnswer(
          parse(back?.body ?? Buffer.from('{}')),
          buildAnswerScope(buildOptions(from, from)),
        );
        expect(read && readAnswer(read)).toEqual(readAnswer(generated));
      }),
      { numRuns: 60 },
    );
  });

  it('[API-3] keeps the same of any stream, cut anywhere', () => {
    fc.assert(
      fc.property(answer, fc.array(fc.nat(), { maxLength: 20 }), (generated, places) => {
        const out = new StreamText();
        play(generated, selectParts(from).createWriter(out, buildAnswerScope(buildOptions(from, from))));
        const there = translateStream(cutBytes(out.take(), places), buildOptions(from, to));
        const back = translateStream(cutBytes(there.bytes, places), buildOptions(to, from));
        const read = collectStream(from, back.bytes);
        expect([there.isComplete, back.isComplete, read.problems]).toEqual([true, true, []]);
        const calls = read.calls.map((call) => [call.id, call.name, JSON.parse(call.arguments || '{}')]);
        const { stop, usage } = read.ended ?? {};
        expect({ text: read.text, calls, stop, usage }).toEqual(readAnswer(generated));
      }),
      { numRuns: 60 },
    );
  });
});
