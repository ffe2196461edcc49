import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDeltaQuote } from './delta-bytes.ts';
import { ChunkShape } from './chunk-shape.ts';

interface Fields {
  content: string;
  usage: unknown;
  reason: string | null;
  padding: string;
}

const build = ({ content, usage, reason, padding }: Fields): Buffer =>
  Buffer.from(
    JSON.stringify({
      id: 'c',
      choices: [{ index: 0, delta: { content }, finish_reason: reason }],
      usage,
      obfuscation: padding,
    }),
  );
const learn = (data: Buffer): ChunkShape => {
  const shape = new ChunkShape();
  const text = data.toString('latin1');
  shape.learn(data, text, findDeltaQuote(text));
  return shape;
};
const plain: Fields = { content: 'a', usage: null, reason: null, padding: 'xyz' };
const content = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '","usage":{"prompt_tokens":1', '"},"finish_reason":"stop"}]'),
);

describe('ChunkShape', () => {
  it('knows a chunk of another text and padding, and the length of the text as written', () => {
    const shape = learn(build(plain));
    fc.assert(
      fc.property(content, fc.stringMatching(/^[A-Za-z0-9]*$/u), (text, padding) => {
        const written = Buffer.byteLength(JSON.stringify(text)) - 2;
        expect(shape.measure(build({ ...plain, content: text, padding }))).toBe(written);
      }),
    );
  });

  it.each<[string, Partial<Fields>]>([
    ['finishes', { reason: 'stop' }],
    ['has usage', { usage: { prompt_tokens: 1 } }],
    ['has a padding that is none', { padding: '","usage":{"prompt_tokens":1},"a":"' }],
  ])('does not know a chunk that %s', (_name, change) => {
    fc.assert(
      fc.property(content, content, (known, text) => {
        const shape = learn(build({ ...plain, content: known }));
        const raw = build({ ...plain, content: text, ...change });
        const asWritten = Buffer.from(raw.toString().replaceAll('\\"', '"'));
        expect(shape.measure(raw)).toBe(-1);
        if (change.padding !== undefined && text === 'a') expect(shape.measure(asWritten)).toBe(-1);
      }),
    );
  });

  it('knows nothing before it has learnt, and nothing of a chunk that is cut', () => {
    expect(new ChunkShape().measure(build(plain))).toBe(-1);
    const data = build(plain);
    const shape = learn(data);
    for (let end = 0; end < data.length; end += 1) expect(shape.measure(data.subarray(0, end))).toBe(-1);
  });
});
