import { describe, expect, it } from 'vitest';
import { createStreamModelRewriter, type RewrittenFraming } from './stream-model-rewriter.ts';
import type { ModelPath } from './json-model-finder.ts';

function rewrite(path: ModelPath, framing: RewrittenFraming, text: string, chunkBytes = 1e9): string {
  const rewriter = createStreamModelRewriter(path, 'n"ew', framing);
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    out.push(Buffer.from(rewriter.push(bytes.subarray(at, at + chunkBytes))));
  out.push(rewriter.end());
  return Buffer.concat(out).toString();
}

const CASES: [name: string, path: ModelPath, framing: RewrittenFraming, from: string, to: string][] = [
  [
    'chat',
    ['model'],
    'sse',
    'data: {"id":"a","model":"old","x":[{"model":"old"}]}\n\n',
    'data: {"id":"a","model":"n\\"ew","x":[{"model":"old"}]}\n\n',
  ],
  [
    'two events, CRLF, white space',
    ['model'],
    'sse',
    ': c\r\n\r\ndata: { "model" : "old" }\r\n\r\ndata:{"a":{"b":1},"model":"o\\"ld"}\r\n\r\n',
    ': c\r\n\r\ndata: { "model" : "n\\"ew" }\r\n\r\ndata:{"a":{"b":1},"model":"n\\"ew"}\r\n\r\n',
  ],
  [
    'data in several lines',
    ['model'],
    'sse',
    'data: {"a":1,\r\ndata: "model":"old"}\r\n\r\n',
    'data: {"a":1,\r\ndata: "model":"n\\"ew"}\r\n\r\n',
  ],
  [
    'responses: the inner one alone',
    ['response', 'model'],
    'sse',
    'event: response.created\ndata: {"type":"x","model":"old","response":{"instructions":"\\"model\\":\\"old\\"","tools":[{"model":"old"}],"model":"old"}}\n\n',
    'event: response.created\ndata: {"type":"x","model":"old","response":{"instructions":"\\"model\\":\\"old\\"","tools":[{"model":"old"}],"model":"n\\"ew"}}\n\n',
  ],
  [
    'a value that is no string',
    ['model'],
    'sse',
    'data: {"model":null,"b":"old"}\n\ndata: {"model":{"model":"old"}}\n\n',
    'data: {"model":null,"b":"old"}\n\ndata: {"model":{"model":"old"}}\n\n',
  ],
  [
    'what only looks like it',
    ['model'],
    'sse',
    'data: {"mode":"old","models":"old","a":"model","b":["model","old"]}\n\ndata: [DONE]\n\n',
    'data: {"mode":"old","models":"old","a":"model","b":["model","old"]}\n\ndata: [DONE]\n\n',
  ],
  [
    'an event that was cut, then a whole one',
    ['model'],
    'sse',
    'data: {"a":{"b\n\ndata: {"model":"old"}\n\n',
    'data: {"a":{"b\n\ndata: {"model":"n\\"ew"}\n\n',
  ],
  [
    'gemini, as an array',
    ['modelVersion'],
    'array',
    '[{"candidates":[{"modelVersion":"old"}],"modelVersion":"old"}\n,\r\n{"modelVersion":"old"}\n]',
    '[{"candidates":[{"modelVersion":"old"}],"modelVersion":"n\\"ew"}\n,\r\n{"modelVersion":"n\\"ew"}\n]',
  ],
  [
    'no JSON',
    ['model'],
    'sse',
    '}}]]data: "model":"old"\n\ndata: }]{"model":"old"}\n\n',
    '}}]]data: "model":"old"\n\ndata: }]{"model":"n\\"ew"}\n\n',
  ],
];

describe('createStreamModelRewriter', () => {
  it.each(CASES)('[API-2] %s, whatever the cut', (_, path, framing, from, to) => {
    for (const chunkBytes of [1, 2, 3, 7, 1e9]) expect(rewrite(path, framing, from, chunkBytes)).toBe(to);
  });

  it('[API-2] gives the chunk itself where nothing is to be replaced', () => {
    const rewriter = createStreamModelRewriter(['model'], 'new', 'sse');
    const chunk = Buffer.from('data: {"choices":[{"delta":{"content":"x"}}]}\n\n');
    expect(rewriter.push(chunk)).toBe(chunk);
  });

  it('[API-2] a large text in front holds nothing back', () => {
    const rewriter = createStreamModelRewriter(['response', 'model'], 'new', 'sse');
    const chunk = Buffer.from(`data: {"response":{"instructions":"${'x'.repeat(200_000)}`);
    expect(rewriter.push(chunk)).toBe(chunk);
    expect(rewriter.push(Buffer.from('","model":"old"')).toString()).toBe('","model":"new"');
  });
});
