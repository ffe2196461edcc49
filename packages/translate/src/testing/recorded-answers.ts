import { ZERO_USAGE, type TokenUsage } from '@tollgate/core';
import { listRecordings, type Recording } from '@tollgate/testkit';
import type { WireProtocol } from '../conversation/wire-protocol.ts';
import { isObject, listObjects } from '../json/json-object.ts';

const NAMES: Readonly<Record<WireProtocol, string>> = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
};

export function listRecordedAnswers(protocol: WireProtocol, kind: 'stream' | 'json'): Recording[] {
  return listRecordings({ protocol: NAMES[protocol], kind });
}

export interface ExpectedAnswer {
  textChars: number;
  textSha256Start: string;
  thinkingChars: number;
  /** Name and arguments of each call, in their order. */
  calls: { name: string; arguments: unknown; id: string | null; isPartial: boolean }[];
}

/** What an oracle outside the project read out of the recording. */
export function readExpectedAnswer({ expected_result: result }: Recording): ExpectedAnswer {
  return {
    textChars: Number(result?.['text_chars']),
    textSha256Start: String(result?.['text_sha256']),
    thinkingChars: Number(result?.['thinking_chars']),
    calls: listObjects(result?.['tool_calls']).map((call) => ({
      id: typeof call['id'] === 'string' ? call['id'] : null,
      name: String(call['name']),
      arguments: readArguments(call['arguments']),
      isPartial: call['partial'] === true,
    })),
  };
}

/** The oracle's word for the free text of a custom tool is `_raw`, ours is `input`. */
function readArguments(value: unknown): unknown {
  if (!isObject(value)) return {};
  return typeof value['_raw'] === 'string' ? { input: value['_raw'] } : value;
}

/** Figures that the oracle does not believe either. */
export function isAmbiguous({ expected_usage: usage }: Recording): boolean {
  return (usage?.ambiguous?.length ?? 0) > 0;
}

/** The oracle's figures in our normal form. */
export function readExpectedUsage({ expected_usage: expected }: Recording): TokenUsage | null {
  if (expected === null) return null;
  const write5m =
    expected.cache_write_5m === 0 ? expected.cache_write - expected.cache_write_1h : expected.cache_write_5m;
  return {
    ...ZERO_USAGE,
    inputTokens: expected.input_uncached,
    cacheReadTokens: expected.cache_read,
    cacheWrite5mTokens: write5m,
    cacheWrite1hTokens: expected.cache_write_1h,
    outputTokens: expected.output_total,
    reasoningTokens: expected.reasoning,
    toolPromptTokens: expected.tool_prompt,
    webSearchRequests: expected.web_search_requests,
  };
}

/** The same figures as a client of `to` can be told them: no protocol has a word for all classes. */
export function foldUsage(usage: TokenUsage, to: WireProtocol): TokenUsage {
  const { cacheWrite5mTokens, cacheWrite1hTokens, toolPromptTokens, webSearchRequests } = usage;
  switch (to) {
    case 'messages':
      return { ...usage, inputTokens: usage.inputTokens + toolPromptTokens, toolPromptTokens: 0 };
    case 'chat':
    case 'responses':
      return {
        ...usage,
        inputTokens: usage.inputTokens + toolPromptTokens,
        toolPromptTokens: 0,
        cacheWrite5mTokens: cacheWrite5mTokens + cacheWrite1hTokens,
        cacheWrite1hTokens: 0,
        webSearchRequests: 0,
      };
    case 'gemini':
      return {
        ...usage,
        inputTokens: usage.inputTokens + cacheWrite5mTokens + cacheWrite1hTokens,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0,
        webSearchRequests: Math.min(0, webSearchRequests),
      };
  }
}
