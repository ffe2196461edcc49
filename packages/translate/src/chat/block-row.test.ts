import { describe, expect, it } from 'vitest';
import { CollectorSink } from '../testing/collector-sink.ts';
import { BlockRow } from './block-row.ts';

function start(): { sink: CollectorSink; row: BlockRow } {
  const sink = new CollectorSink();
  sink.begin('id');
  return { sink, row: new BlockRow(sink) };
}

const piece = (json: string, name = '', id: string | null = null) => ({ id, name, json });

describe('BlockRow', () => {
  it('[API-3] puts calls whose pieces are mixed into a row, each with all of its arguments', () => {
    const { sink, row } = start();
    row.addCall(0, piece('{"a"', 'first', 'c0'));
    row.addCall(1, piece('{"b"', 'second', 'c1'));
    row.addCall(0, piece(':1}'));
    row.addCall(1, piece(':2}'));
    row.end();
    expect(sink.calls).toEqual([
      { id: 'c0', name: 'first', arguments: '{"a":1}' },
      { id: 'c1', name: 'second', arguments: '{"b":2}' },
    ]);
    expect(sink.problems).toEqual([]);
  });

  it('words between calls come behind them, and none is lost', () => {
    const { sink, row } = start();
    row.add('thinking', 'hm');
    row.add('text', 'so');
    row.addCall(0, piece('{}', 'f', 'c0'));
    row.add('text', ' be');
    row.add('text', ' it');
    row.add('refusal', 'no');
    row.end();
    expect([sink.kinds, sink.text, sink.problems]).toEqual([
      ['thinking', 'text', 'tool-call', 'text', 'refusal'],
      'so be it',
      [],
    ]);
  });

  it('the name of a call may come later, and its id too', () => {
    const { sink, row } = start();
    row.addCall(0, piece('{"a":'));
    row.addCall(0, piece('1}', 'f', 'c0'));
    row.end();
    expect(sink.calls).toEqual([{ id: 'c0', name: 'f', arguments: '{"a":1}' }]);
  });

  it('pieces without an index: a name begins a call', () => {
    const { sink, row } = start();
    row.addCall(null, piece('{"a":', 'f', 'c0'));
    row.addCall(null, piece('1}'));
    row.addCall(null, piece('{}', 'g', 'c1'));
    row.end();
    expect(sink.calls.map((call) => [call.name, call.arguments])).toEqual([
      ['f', '{"a":1}'],
      ['g', '{}'],
    ]);
  });

  it('[API-3] calls that all have the same index are kept apart by their ids', () => {
    const { sink, row } = start();
    row.addCall(0, piece('{"a":1}', 'f', 'c0'));
    row.addCall(0, piece('{"a":', 'f', 'c1'));
    row.addCall(0, piece('2}', '', 'c1'));
    row.addCall(0, piece('{"b":1}', 'g', 'c2'));
    row.end();
    expect(sink.calls).toEqual([
      { id: 'c0', name: 'f', arguments: '{"a":1}' },
      { id: 'c1', name: 'f', arguments: '{"a":2}' },
      { id: 'c2', name: 'g', arguments: '{"b":1}' },
    ]);
    expect(sink.problems).toEqual([]);
  });

  it('an id that each piece repeats, or that comes with a later piece, makes no new call', () => {
    const { sink, row } = start();
    row.addCall(0, piece('{"a"', 'f', 'c0'));
    row.addCall(0, piece(':1', 'f', 'c0'));
    row.addCall(0, piece('}', '', 'another'));
    row.addCall(1, piece('{', 'g'));
    row.addCall(1, piece('}', 'g', 'c1'));
    row.end();
    expect(sink.calls.map(({ id, name, arguments: json }) => [id, name, json])).toEqual([
      ['c0', 'f', '{"a":1}'],
      ['c1', 'g', '{}'],
    ]);
  });

  it('whole arguments that come again at the end count once', () => {
    const { sink, row } = start();
    row.addCall(0, piece('{"a":', 'f', 'c0'));
    row.addCall(0, piece('1}'));
    row.addCall(0, piece('{"a":1}'));
    row.end();
    expect(sink.calls[0]?.arguments).toBe('{"a":1}');
  });

  it('an empty answer opens nothing', () => {
    const { sink, row } = start();
    row.add('text', '');
    row.end();
    expect([sink.kinds, sink.problems]).toEqual([[], []]);
  });
});
