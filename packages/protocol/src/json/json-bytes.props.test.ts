import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pushCut } from '../testing/cut-bytes.ts';
import { applyEdits } from './apply-edits.ts';
import { findField } from './find-field.ts';
import { findKeyValue, measureStrings } from './find-needle.ts';
import { parseText } from './json-object.ts';
import { JsonSplitter } from './json-splitter.ts';
import { listMembers } from './list-members.ts';

const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
const key = fc.constantFrom('usage', 'a', 'response');
const space = fc.constantFrom(undefined, 1, '\t');

interface Split {
  objects: string[];
  starts: number[];
  foreign: number;
  isClosed: boolean;
}

function split(bytes: Buffer, places: number[], bytesMax = 1 << 20): Split {
  const result: Split = { objects: [], starts: [], foreign: 0, isClosed: false };
  const splitter = new JsonSplitter(
    {
      onObject: (data, dataBytes, startAt, isCut) => {
        result.objects.push(isCut ? `cut ${dataBytes}` : data.toString());
        result.starts.push(startAt);
      },
      onForeign: () => (result.foreign += 1),
    },
    bytesMax,
  );
  pushCut({ push: (chunk) => splitter.push(chunk), end: () => {} }, bytes, places);
  result.isClosed = splitter.isClosed;
  return result;
}

describe('findField', () => {
  it('finds what JSON.parse finds', () => {
    fc.assert(
      fc.property(object, key, key, fc.jsonValue(), space, (rest, outer, inner, value, indent) => {
        const text = JSON.stringify({ ...rest, [outer]: { ...rest, [inner]: value } }, null, indent);
        const found = findField(Buffer.from(` ${text}`).toString('latin1'), [outer, inner]);
        expect(parseText(found ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('gives nothing for an object that is cut', () => {
    fc.assert(
      fc.property(object, fc.nat(), (rest, place) => {
        const text = JSON.stringify({ usage: { a: 1 }, ...rest });
        expect(findField(text.slice(0, place % text.length), ['usage'])).toBeNull();
      }),
    );
  });

  it.each([
    ['{"a":1,"a":2}', '2'],
    ['{"b":{"a":9},"a":3}', '3'],
    ['{"b":"\\"a\\":9","a":4}', '4'],
    ['{"b":"\\\\","a":5}', '5'],
  ])('in %s it is %s', (text, value) => {
    expect(findField(text, ['a'])).toBe(value);
  });

  it.each(['', '{', '{}', '[]', '{"a"', '{"a":}', '{"a" 1}', '{"a":"x', 'null'])('nothing in %s', (text) => {
    expect(findField(text, ['a'])).toBeNull();
  });
});

describe('needles', () => {
  it('find keys, and no words in strings', () => {
    const needle = '"usage"';
    fc.assert(
      fc.property(fc.string(), (text) => {
        const inString = JSON.stringify({ a: `"usage":{${text}`, b: 'usage', usages: 1 });
        expect(findKeyValue(inString, needle)).toBe(-1);
      }),
    );
    const data = '{"a":"usage","usage" : {"x":1}}';
    expect(data[findKeyValue(data, needle)]).toBe('{');
  });

  it('measure strings as they are written', () => {
    const data = Buffer.from('{"text":"a\\"b","x":{"text": "€"},"text":7,"text":"open');
    expect(measureStrings(data.toString('latin1'), '"text"')).toBe(4 + 3 + 4);
  });
});

describe('JsonSplitter', () => {
  it('gives the objects of an array or of a row, cut anywhere', () => {
    const places = fc.array(fc.nat(), { maxLength: 20 });
    const filler = fc.constantFrom(',', '\n,\r\n', ' , ');
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 6 }),
        fc.boolean(),
        filler,
        places,
        (values, isArray, comma, cuts) => {
          const texts = values.map((value) => JSON.stringify(value));
          const row = texts.join(comma);
          const bytes = Buffer.from(isArray ? `[${row}]` : row);
          const result = split(bytes, cuts);
          expect(result).toMatchObject({ objects: texts, foreign: 0, isClosed: isArray });
          expect(result.starts).toEqual(split(bytes, []).starts);
          for (const start of result.starts) expect(bytes[start]).toBe(123);
        },
      ),
    );
  });

  it('keeps no more than its limit of an object that is cut by chunks', () => {
    const bytes = Buffer.from(`[{"a":"${'x'.repeat(1_000)}"},{"b":1}]`);
    expect(split(bytes, [100, 300, 500], 200).objects).toEqual(['cut 1008', '{"b":1}']);
  });

  it.each(['<html>', '[1]', '[{}]x', '{}]'])('reports foreign bytes once: %s', (text) => {
    expect(split(Buffer.from(text + text), []).foreign).toBe(1);
  });
});

describe('edits', () => {
  it('change what they name, in any order', () => {
    const body = Buffer.from('0123456789');
    const edits = [
      { start: 8, end: 9, text: '' },
      { start: 1, end: 1, text: 'ab' },
      { start: 3, end: 5, text: 'x' },
    ];
    expect(applyEdits(body, edits).toString()).toBe('0ab12x5679');
    expect(applyEdits(body, [])).toBe(body);
  });

  it('members are those of JSON.parse', () => {
    fc.assert(
      fc.property(object, (value) => {
        const body = Buffer.from(JSON.stringify(value));
        const members = listMembers(body.toString('latin1')) ?? [];
        const read = members.map(({ key: name, start, end }) => [
          name,
          JSON.parse(body.toString('utf8', start, end)),
        ]);
        expect(Object.fromEntries(read)).toEqual(JSON.parse(body.toString()));
      }),
    );
    expect(listMembers('{"a":1,}')).toBeNull();
  });
});
