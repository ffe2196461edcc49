import { describe, expect, it } from 'vitest';
import { fitToolId, ToolCallIds } from './tool-call-ids.ts';

describe('ToolCallIds', () => {
  it('[API-3] keeps ids that every protocol takes', () => {
    const calls = new ToolCallIds();
    expect(calls.add('toolu_01ABC-x', 'f')).toBe('toolu_01ABC-x');
    expect(calls.answer('toolu_01ABC-x')).toEqual({ id: 'toolu_01ABC-x', name: 'f' });
    expect(calls.answer('toolu_01ABC-x')).toBeNull();
  });

  it('made ids are dense, the same each time, and never one that a client gave', () => {
    const run = (): string[] => {
      const calls = new ToolCallIds();
      return [calls.add('call_0', 'f'), calls.add(null, 'g'), calls.add('', 'g'), calls.add(null, 'f')];
    };
    expect(run()).toEqual(['call_0', 'call_0_2', 'call_1', 'call_2']);
    expect(run()).toEqual(run());
  });

  it('pairs results without ids by name, in the order of the calls', () => {
    const calls = new ToolCallIds();
    calls.add(null, 'f');
    calls.add(null, 'g');
    calls.add(null, 'f');
    expect([calls.answerNamed('f')?.id, calls.answerNamed('g')?.id, calls.answerNamed('f')?.id]).toEqual([
      'call_0',
      'call_1',
      'call_2',
    ]);
    expect(calls.answerNamed('f')).toBeNull();
    expect(calls.answerNamed('unknown')).toBeNull();
  });

  it('ids that differ only behind the cut stay different', () => {
    const long = 'x'.repeat(60);
    const ids = [fitToolId(`${long}1`), fitToolId(`${long}2`), fitToolId('a b'), fitToolId('a_b')];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,40}$/u);
  });
});
