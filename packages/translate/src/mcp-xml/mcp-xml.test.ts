import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../conversation/answer.ts';
import { CollectorSink } from '../testing/collector-sink.ts';
import { buildMcpInstruction, listMcpTools } from './build-instruction.ts';
import { convertXmlCalls } from './convert-xml-calls.ts';
import { McpXmlSink } from './mcp-xml-sink.ts';

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
  it('knows MCP tools by their names, and tells the model how to call them', () => {
    expect(listMcpTools([{ name: 'Bash' }, { name: 'mcp__a__b' }, { name: 'xmcp__a' }])).toEqual([
      'mcp__a__b',
    ]);
    const instruction = buildMcpInstruction(TOOLS);
    expect(instruction).toContain('<mcp__notes__read>{"argument":"value"}</mcp__notes__read>');
    expect(instruction).toContain('mcp__notes__read_all');
  });

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
