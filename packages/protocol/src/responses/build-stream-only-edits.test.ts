import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../json/apply-edits.ts';
import { buildStreamOnlyEdits } from './build-stream-only-edits.ts';

function edit(text: string) {
  const body = Buffer.from(text);
  const { edits, dropped, refused } = buildStreamOnlyEdits(body);
  return { text: applyEdits(body, edits).toString(), dropped, refused };
}

describe('buildStreamOnlyEdits', () => {
  it('[API-2] a request that has all passes as it came', () => {
    const text =
      '{ "store": false,"input": [{"role":"developer"}],"model":"m", "instructions":"Be\\u0020kind","stream" : true, "n":1e3 }';
    expect(edit(text)).toEqual({ text, dropped: [], refused: null });
  });

  it('[API-2] what is missing is put in front, and nothing else is touched', () => {
    expect(edit('{"model":"m","input": [ 1.0 ]}').text).toBe(
      '{"stream":true,"store":false,"instructions":"","model":"m","input": [ 1.0 ]}',
    );
  });

  it.each([
    ['"stream":false', '"stream":true', []],
    ['"stream":null', '"stream":true', []],
    ['"store":true', '"store":false', ['store']],
    ['"store":null', '"store":false', []],
    ['"instructions":null', '"instructions":""', []],
    ['"instructions":"x"', '"instructions":"x"', []],
    ['"instructions":7', '"instructions":7', []],
    ['"store":"yes"', '"store":"yes"', []],
    ['"st\\u006fre":true', '"st\\u006fre":false', ['store']],
    ['"store":true,"store":true', '"store":false,"store":false', ['store']],
  ])('[API-3] %s becomes %s', (member, becomes, dropped) => {
    const made = edit(`{"model":"m",${member},"n":"Grüße"}`);
    expect([made.text.includes(`"model":"m",${becomes},"n":"Grüße"`), made.dropped]).toEqual([true, dropped]);
  });

  it.each([
    ['{"max_output_tokens":5,"model":"m"}', '"model":"m"}'],
    ['{"model":"m","max_output_tokens":5}', '"model":"m"}'],
    ['{"model":"m", "user" : "u" , "n":"a"}', '"model":"m" , "n":"a"}'],
    ['{ "user":"u", "metadata":{"a":[1]}, "model":"m"}', '"model":"m"}'],
    ['{"model":"m","user":"u","top_p":1,"temperature":0 }', '"model":"m" }'],
  ])('[API-3] what the host takes from nobody is left out of %s', (text, end) => {
    const made = edit(text);
    expect(made.text.endsWith(end)).toBe(true);
    expect(JSON.parse(made.text)).toMatchObject({ model: 'm', stream: true });
    expect(made.dropped.length).toBeGreaterThan(0);
  });

  it('[API-2] [API-3] a text as input becomes the list that it is short for', () => {
    const { text } = edit('{"model":"m","input" : "Gr\\u00fc\\"ße" }');
    expect(text).toContain(
      '"input" : [{"type":"message","role":"user","content":[{"type":"input_text","text":"Gr\\u00fc\\"ße"}]}] }',
    );
    expect(JSON.parse(text)).toMatchObject({ input: [{ content: [{ text: 'Grü"ße' }] }] });
  });

  it('[API-2] [API-3] of the roles in it only system is another word there', () => {
    const items = [
      '{"role": "system","content":"a"}',
      '{"type":"message","role":"system","content":[{"role":"system"}]}',
      '{"role":"user","content":"\\"role\\":\\"system\\""}',
      '{"type":"function_call_output","role":"system","output":"system"}',
      '"system"',
    ];
    const made = items.map((item) =>
      item.replace(/^(\{(?:"type":"message",)?"role": ?)"system"/u, '$1"developer"'),
    );
    expect(edit(`{"model":"m","input":[${items.join(' , ')}]}`).text).toContain(
      `"input":[${made.join(' , ')}]`,
    );
    expect(made.filter((item) => item.includes('developer'))).toHaveLength(2);
  });

  it('[API-3] a field that asks for nothing is no loss', () => {
    const made = edit('{"model":"m","previous_response_id":null,"truncation":null}');
    expect(made).toMatchObject({ dropped: [], refused: null });
    expect(Object.keys(JSON.parse(made.text) as object)).not.toContain('previous_response_id');
  });

  it.each(['previous_response_id', 'conversation'])('[API-3] %s cannot be left out unheard', (field) => {
    expect(edit(`{"model":"m","${field}":"x"}`).refused).toBe(field);
  });

  it('[API-2] whatever the request, what is not named stays, in its order', () => {
    const named = ['max_output_tokens', 'temperature', 'user', 'stream', 'store', 'instructions'];
    const key = fc.oneof(fc.constantFrom(...named), fc.string());
    const member = fc.tuple(key, fc.jsonValue());
    fc.assert(
      fc.property(fc.array(member, { maxLength: 12 }), (members) => {
        const all: [string, unknown][] = [['model', 'm'], ...members];
        const text = `{${all.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(' , ')}}`;
        const made = JSON.parse(edit(text).text) as Record<string, unknown>;
        const kept = (value: Record<string, unknown>) =>
          Object.entries(value).filter(([name]) => !named.includes(name));
        const given = JSON.parse(text) as Record<string, unknown>;
        expect(kept(made)).toEqual(kept(given));
        expect(['max_output_tokens', 'user'].filter((name) => Object.hasOwn(made, name))).toEqual([]);
        expect(Object.keys(made)).toEqual(expect.arrayContaining(['stream', 'store', 'instructions']));
      }),
    );
  });
});
