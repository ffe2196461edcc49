import { describe, expect, it } from 'vitest';
import { ByteCollector } from './byte-collector.ts';

describe('ByteCollector', () => {
  it('keeps copies, over many growths', () => {
    const collector = new ByteCollector(100_000);
    const chunk = Buffer.alloc(700, 'a');
    for (let i = 0; i < 100; i += 1) collector.push(chunk);
    chunk.fill('b');
    expect(collector.take().equals(Buffer.alloc(70_000, 'a'))).toBe(true);
    expect(collector.length).toBe(0);
    expect(collector.take()).toHaveLength(0);
  });

  it('cuts at its limit and says so', () => {
    const collector = new ByteCollector(5);
    expect(collector.hasRoomFor(Buffer.alloc(5))).toBe(true);
    expect(collector.hasRoomFor(Buffer.alloc(6))).toBe(false);
    collector.push(Buffer.from('abc'));
    expect(collector.isCut).toBe(false);
    collector.push(Buffer.from('defg'));
    collector.push(Buffer.from('h'));
    expect(collector.isCut).toBe(true);
    expect(collector.peek().toString()).toBe('abcde');
  });
});
