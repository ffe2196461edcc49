import { describe, expect, it } from 'vitest';
import { knowHeaderName } from './know-header-name.ts';

describe('knowHeaderName', () => {
  it('gives the name as it is, the first time and later', () => {
    for (const name of [
      'content-length',
      '__proto__',
      'constructor',
      '',
      '0',
      'x-ünïcode',
      'x'.repeat(4_000),
    ]) {
      expect(knowHeaderName(name)).toBe(name);
      expect(knowHeaderName(name)).toBe(name);
    }
  });

  it('still knows each name when clients have invented more than it keeps', () => {
    for (let at = 0; at < 2_000; at += 1) expect(knowHeaderName(`x-invented-${at}`)).toBe(`x-invented-${at}`);
    expect(knowHeaderName('content-length')).toBe('content-length');
  });
});
