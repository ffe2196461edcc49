import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../conversation/answer.ts';
import { CollectorSink } from '../testing/collector-sink.ts';
import { convertXmlCalls } from './convert-xml-calls.ts';
import { McpXmlSink } from './mcp-xml-sink.ts';
import { XmlCallScanner } from './xml-call-scanner.ts';

const TOOLS = ['mcp__notes__read', 'mcp__notes__read_all'];
const CALL = '<mcp__notes__read>{"a": "<b> 1"}</mcp__notes__read>';

/** A piece of the text for each of `pieces`. */
function stream(pieces: readonly string[]): CollectorSink {
  const collector = new CollectorSink();
  const sink = new McpXmlSink(collector, TOOLS);
  sink.begin(null);
  sink.openText();
  for (const piece of pieces) sink.addText(piece);
  sink.close();
  sink.finish({ stop: 'end', stopSequence: null, usage: null });
  expect(collector.problems).toEqual([]);
  return collector;
}

function whole(text: string): Answer {
  const end = { stop: 'end', stopSequence: null, usage: null } as const;
  return convertXmlCalls({ id: null, blocks: [{ type: 'text', text }], ...end }, TOOLS);
}

describe('[API-7] MCP tools in XML', () => {
  it('a call in the text becomes a tool call, whatever the text is cut into', () => {
    const text = `Look: ${CALL}\n\n<mcp__notes__read_all></mcp__notes__read_all>\n`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (places) => {
        const borders = [0, ...places.toSorted((a, b) => a - b), text.length];
        const pieces = borders.slice(1).map((border, index) => text.slice(borders[index], border));
        const read = stream(pieces);
        expect(read.text).toBe('Look: ');
        expect(read.calls).toEqual([
          { id: null, name: 'mcp__notes__read', arguments: '{"a": "<b> 1"}' },
          { id: null, name: 'mcp__notes__read_all', arguments: '{}' },
        ]);
        expect(read.kinds).toEqual(['text', 'tool-call', 'tool-call']);
        expect(read.ended?.stop).toBe('tool-calls');
      }),
    );
  });

  it.each([
    'no call at all',
    'a < b <mcp_ <mcp__',
    '<mcp__other__tool>{}</mcp__other__tool>',
    '<mcp__notes__read>not JSON</mcp__notes__read>',
    '<mcp__notes__read>[1]</mcp__notes__read>',
    '<mcp__notes__read>{"a":1}',
    `<mcp__${'x'.repeat(200)}>`,
    '<mcp__notes__read >{}</mcp__notes__read>',
    '<mcp__notes__read>{"a":1]</mcp__notes__read> and on',
    '<mcp__notes__read><![CDATA[{"a":1}</mcp__notes__read>',
    '<mcp__notes__read>{"a":"</mcp__notes__read>',
    '<mcp__notes__read>{"a":1}</mcp__notes__read_all>',
    '<mcp__notes__read>{&quot;a&quot;:&#9999999;}</mcp__notes__read>',
  ])('%j stays text, in any pieces', (text) => {
    for (const pieces of [[text], [...text]]) {
      const read = stream(pieces);
      expect([read.text, read.calls, read.ended?.stop]).toEqual([text, [], 'end']);
    }
    expect(whole(text)).toMatchObject({ blocks: [{ type: 'text', text }], stop: 'end' });
  });

  it('arguments may hold the words that end a block', () => {
    const text = '<mcp__notes__read>{"a":"</mcp__notes__read>"}</mcp__notes__read>';
    expect(stream([...text]).calls).toEqual([
      { id: null, name: 'mcp__notes__read', arguments: '{"a":"</mcp__notes__read>"}' },
    ]);
  });

  it.each([
    ['{"a":"&lt;b&gt; &amp;amp; <![CDATA[x]]>"}', '{"a":"&lt;b&gt; &amp;amp; <![CDATA[x]]>"}'],
    ['<![CDATA[{"a":"<b>"}]]>', '{"a":"<b>"}'],
    [' \n{&quot;a&quot;:&quot;&lt;b&#62;&#x26;&apos;&quot;}\n', '{"a":"<b>&\'"}'],
    ['{"n":12345678901234567890}', '{"n":12345678901234567890}'],
    ['{"a":"\\"</mcp__notes__read>\\\\"}', '{"a":"\\"</mcp__notes__read>\\\\"}'],
    ['', '{}'],
  ])('the arguments %j are %j, in any pieces', (inner, json) => {
    const text = `<mcp__notes__read>${inner}</mcp__notes__read>`;
    for (const pieces of [[text], [...text]]) {
      expect(stream(pieces).calls).toEqual([{ id: null, name: 'mcp__notes__read', arguments: json }]);
    }
  });

  it('a tool that is only mentioned hides no call behind it', () => {
    const text = `Say <mcp__notes__read> or \`<mcp__notes__read>\`: ${CALL}`;
    for (const pieces of [[text], [...text]]) {
      const read = stream(pieces);
      expect([read.text, read.calls.length]).toEqual(['Say <mcp__notes__read> or `<mcp__notes__read>`: ', 1]);
    }
  });

  it('text that only looks like a call is not held back: its user sees it at once', () => {
    const said: string[] = [];
    const scanner = new XmlCallScanner(TOOLS, { onText: (text) => said.push(text), onCall: () => {} });
    scanner.push('<mcp__notes__read>no, ');
    expect(said.join('')).toBe('<mcp__notes__read>no, ');
    scanner.push('<mcp__notes__read>{"a":]</mcp__notes__read>');
    expect(said.join('')).toContain('{"a":]</mcp__notes__read>');
    expect(scanner.isIdle).toBe(true);
  });

  it('garbage of any kind loses no character, cut anywhere', () => {
    const word = fc.constantFrom(
      ...[
        '<mcp__notes__read>',
        '</mcp__notes__read>',
        '<mcp__',
        '{',
        '}',
        '"',
        '\\',
        '{"a":1}',
        ' ',
        'x',
        '<',
      ],
      ...['<![CDATA[', ']]>', '&quot;'],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.array(fc.nat({ max: 9 })), (words, cuts) => {
        const text = words.join('');
        const read = (pieces: readonly string[]) => {
          const found: string[] = [];
          const scanner = new XmlCallScanner(TOOLS, {
            onText: (said) => {
              const last = found.at(-1);
              if (last?.startsWith('t:')) found[found.length - 1] = last + said;
              else found.push(`t:${said}`);
            },
            onCall: (name, json) => found.push(`c:${name}:${json}`),
          });
          for (const piece of pieces) scanner.push(piece);
          scanner.end();
          return found;
        };
        const atOnce = read([text]);
        let rest = text;
        const pieces = cuts.map((length) => {
          const piece = rest.slice(0, length);
          rest = rest.slice(length);
          return piece;
        });
        expect(read([...pieces, rest])).toEqual(atOnce);
        if (atOnce.every((each) => each.startsWith('t:'))) expect(atOnce.join('')).toBe(text && `t:${text}`);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a block without an end is text again when it grows too large', () => {
    const piece = 'x'.repeat(1 << 16);
    const read = stream(['<mcp__notes__read>{"a":"', ...Array.from({ length: 20 }, () => piece)]);
    expect(read.text).toHaveLength(24 + 20 * piece.length);
  });

  it('a plain answer: words before, between and behind', () => {
    expect(whole(`One. ${CALL} ${CALL}\nTwo.`)).toMatchObject({
      blocks: [
        { type: 'text', text: 'One. ' },
        { type: 'tool-call', id: '', name: 'mcp__notes__read', arguments: '{"a": "<b> 1"}' },
        { type: 'tool-call' },
        { type: 'text', text: 'Two.' },
      ],
      stop: 'tool-calls',
    });
  });
});
