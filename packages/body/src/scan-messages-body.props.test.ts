import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanMessagesBody } from './scan-messages-body.ts';
import { spliceModel } from './splice-model.ts';

/** `m\u006fdel`: the same name, written with escapes at random. */
function escapedKey(key: string): fc.Arbitrary<string> {
  return fc.array(fc.boolean(), { minLength: key.length, maxLength: key.length }).map((flags) => {
    const letters = [...key].map((letter, index) =>
      flags[index] ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
    );
    return `"${letters.join('')}"`;
  });
}

const model = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((name) => !/\p{Cc}/u.test(name));
const space = fc.constantFrom('', ' ', '\n\t', '\r\n');
const member = fc.oneof(
  fc.tuple(
    escapedKey('model'),
    model.map((name) => JSON.stringify(name)),
  ),
  fc.tuple(escapedKey('stream'), fc.constantFrom('true', 'false')),
  fc.tuple(escapedKey('max_tokens'), fc.nat().map(String)),
  fc.tuple(escapedKey('messages'), fc.constant('[]')),
  fc.tuple(
    escapedKey('metadata'),
    fc.oneof(
      fc
        .tuple(escapedKey('user_id'), fc.json(), escapedKey('user_id'), fc.string())
        .map(
          ([first, any, last, id]) =>
            `{${first}:${any},"x":{"user_id":"inner"},${last}:${JSON.stringify(id)}}`,
        ),
      fc.constantFrom('{}', '[]', 'null', '"user_id"'),
    ),
  ),
  fc.tuple(
    fc.string().map((key) => JSON.stringify(key)),
    fc.json(),
  ),
  fc.tuple(fc.constantFrom('"modell"', '"mode"', '"Model"', '""', '"mod\\\\u0065l"'), fc.json()),
);

/** A valid request with repeated, escaped and unknown keys in any order, and white space anywhere. */
const request = fc
  .tuple(
    fc.array(member, { maxLength: 10 }),
    fc.tuple(
      escapedKey('model'),
      model.map((name) => JSON.stringify(name)),
    ),
    fc.nat({ max: 10 }),
    space,
  )
  .map(([members, required, position, gap]) => {
    const all = members.toSpliced(position, 0, required, ['"messages"', '[{"model":"inner"}]']);
    const text = all.map(([key, value]) => `${gap}${key}${gap}:${gap}${value}${gap}`).join(',');
    return `${gap}{${text}}${gap}`;
  });

interface Parsed {
  model: string;
  stream?: boolean;
  max_tokens?: number;
  metadata?: { user_id?: unknown } | null;
}

describe('[API-2] scan and splice against JSON.parse', () => {
  it('finds the same model, stream, max_tokens and user_id', () => {
    fc.assert(
      fc.property(request, (text) => {
        const parsed = JSON.parse(text) as Parsed;
        const userId = parsed.metadata?.user_id;
        expect(scanMessagesBody(Buffer.from(text))).toMatchObject({
          ok: true,
          model: parsed.model,
          stream: parsed.stream ?? false,
          maxTokens: parsed.max_tokens ?? null,
          userId: typeof userId === 'string' ? userId : null,
        });
      }),
      { numRuns: 1500 },
    );
  });

  it('replaces every model and leaves all other bytes', () => {
    fc.assert(
      fc.property(request, model, (text, name) => {
        const body = Buffer.from(text);
        const scan = scanMessagesBody(body);
        if (!scan.ok) throw new Error(scan.message);
        const spliced = spliceModel(body, scan.modelRanges, name);
        expect(JSON.parse(spliced.toString())).toEqual({ ...JSON.parse(text), model: name });
        let rest = spliced.toString();
        let from = 0;
        for (const { start, end } of scan.modelRanges) {
          const before = body.toString('utf8', from, start) + JSON.stringify(name);
          expect(rest.startsWith(before)).toBe(true);
          rest = rest.slice(before.length);
          from = end;
        }
        expect(rest).toBe(body.toString('utf8', from));
      }),
      { numRuns: 1500 },
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(scanMessagesBody(Buffer.from(bytes)).ok).toBe(false);
      }),
    );
  });
});
